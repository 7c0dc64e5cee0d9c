import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ROUTES, type Route } from "@jamesd/protocol";
import { z } from "zod";
import { openWord, tolerant } from "../src/tolerant.ts";

const REPLIES = Object.entries<Route>(ROUTES).flatMap(([name, { reply }]) =>
  reply === undefined || reply === "bytes" ? [] : [{ name, reply }],
);

type Def = z.core.$ZodTypes["_zod"]["def"];
const defOf = (schema: z.core.$ZodType): Def => (schema as unknown as { _zod: { def: Def } })._zod.def;

/** The schemas that are in a schema, itself included. */
function* within(schema: z.core.$ZodType): Generator<z.core.$ZodType> {
  yield schema;
  const def = defOf(schema);
  const inner: z.core.$ZodType[] = [];
  if (def.type === "object") inner.push(...Object.values(def.shape));
  else if (def.type === "array") inner.push(def.element);
  else if (def.type === "union") inner.push(...def.options);
  else if (def.type === "record") inner.push(def.valueType);
  else if ("innerType" in def) inner.push(def.innerType);
  for (const each of inner) yield* within(each);
}

// What a reply is made of; another kind of schema needs a word in `tolerant`.
const LEAVES = new Set(["string", "number", "boolean", "literal", "enum"]);
const BRANCHES = new Set(["object", "array", "union", "record", "optional", "nullable", "default"]);

for (const { name, reply } of REPLIES)
  describe(`what ${name} answers`, () => {
    test("is made of what the tolerant reading knows", () => {
      for (const schema of within(reply)) {
        const { type } = defOf(schema);
        assert.ok(LEAVES.has(type) || BRANCHES.has(type), type);
      }
    });

    test("may say more in every place, and is read as it was", () => {
      for (const schema of within(tolerant(reply))) {
        const def = defOf(schema);
        const isStrict = def.type === "object" && def.catchall && defOf(def.catchall).type === "never";
        assert.equal(isStrict || false, false, "an object refuses what it does not know");
      }
    });
  });

test("what is not understood is passed over, at any depth; what is wrong is wrong still", () => {
  const schema = tolerant(
    z.object({
      list: z.array(z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("a"), n: z.number() })])),
      map: z.record(z.string(), z.strictObject({ x: z.int().min(1) })).optional(),
      made: z.strictObject({ y: z.boolean() }).nullable().default(null),
    }),
  );
  const said = {
    list: [{ kind: "a", n: 1, later: [1] }],
    map: { k: { x: 1, later: {} } },
    made: { y: true, later: null },
    later: "word",
  };
  assert.deepEqual(schema.parse(said), {
    list: [{ kind: "a", n: 1 }],
    map: { k: { x: 1 } },
    made: { y: true },
  });
  assert.deepEqual(schema.parse({ list: [] }), { list: [], made: null });
  for (const wrong of [
    { list: [{ kind: "a" }] },
    { list: [], map: { k: { x: 0 } } },
    { list: [{ kind: "b" }] },
  ])
    assert.equal(schema.safeParse(wrong).success, false, JSON.stringify(wrong));
});

test("what comes in as a wish is read strictly", () => {
  const apply = ROUTES.apply.body;
  assert.equal(apply.safeParse({ documents: [], later: 1 }).success, false);
  assert.equal(
    ROUTES.addPacket.body.safeParse({ name: "a", tags: [], upload: "0".repeat(64), later: 1 }).success,
    false,
  );
});

test("a word that is only shown may be another; it has a length", () => {
  const word = openWord(["one", "two"]);
  assert.equal(word.parse("three"), "three");
  assert.equal(word.safeParse("x".repeat(65)).success, false);
  assert.equal(word.safeParse(3).success, false);
});

test("an event of a later kind is read as such, a known one only in its own form", () => {
  const events = tolerant(ROUTES.listEvents.reply);
  const origin = { sequence: 1, time: 2, author: "admin", address: "::1" };
  const later = { ...origin, kind: "rollout-paused", wave: 3 };
  const known = { ...origin, kind: "device-removed", device: "d" };
  assert.deepEqual(events.parse([later, { ...known, wave: 3 }]), [later, known]);
  assert.equal(events.safeParse([{ ...origin, kind: "device-removed" }]).success, false);
});
