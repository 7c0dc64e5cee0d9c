import assert from "node:assert/strict";
import { test } from "node:test";
import { ROUTES, type Route } from "@jamesd/protocol";
import fc from "fast-check";
import { z } from "zod";
import { openWord } from "../src/open-word.ts";
import { Mismatch, readShape } from "../src/shape.ts";
import { shapeOf } from "../src/shape-of.ts";

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

/** What a check of zod's that has no word in JSON Schema is called. */
const isUnsaid = ({ _zod }: z.core.$ZodCheck): boolean => _zod.def.check === "custom";

for (const { name, reply } of REPLIES)
  test(`the shape of what ${name} answers says all that the schema does`, () => {
    assert.doesNotThrow(() => shapeOf(reply));
    for (const schema of within(reply)) {
      const { checks = [] } = defOf(schema);
      const { pattern, not } = (schema as z.ZodType).meta() ?? {};
      assert.ok(
        pattern !== undefined || not !== undefined || !checks.some(isUnsaid),
        "a refinement without a pattern",
      );
    }
  });

function read(schema: z.ZodType, value: unknown): unknown {
  const found = readShape(shapeOf(schema), value);
  return found instanceof Mismatch ? `mismatch: ${found}` : found;
}

test("what is not understood is passed over, at any depth; what is wrong is wrong still", () => {
  const schema = z.object({
    list: z.array(z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("a"), n: z.number() })])),
    map: z.record(z.string(), z.strictObject({ x: z.int().min(1) })).optional(),
    made: z.strictObject({ y: z.boolean() }).nullable().default(null),
  });
  const said = {
    list: [{ kind: "a", n: 1, later: [1] }],
    map: { k: { x: 1, later: {} } },
    made: { y: true, later: null },
    later: "word",
  };
  assert.deepEqual(read(schema, said), {
    list: [{ kind: "a", n: 1 }],
    map: { k: { x: 1 } },
    made: { y: true },
  });
  assert.deepEqual(read(schema, { list: [] }), { list: [], made: null });
  for (const [wrong, problem] of [
    [{ list: [{ kind: "a" }] }, "list.0.n is missing"],
    [{ list: [], map: { k: { x: 0 } } }, "map.k.x is less than 1"],
    [{ list: [{ kind: "b", n: 1 }] }, 'list.0.kind is not "a"'],
    [{ list: {} }, "list is no list"],
    [[], "is no object"],
  ] as const)
    assert.equal(read(schema, wrong), `mismatch: ${problem}`);
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
  assert.equal(read(word, "three"), "three");
  assert.equal(read(word, "x".repeat(65)), "mismatch: has more than 64 characters");
  assert.equal(read(word, 3), "mismatch: is no text");
});

test("an event of a later kind is read as such, a known one only in its own form", () => {
  const events = ROUTES.listEvents.reply;
  const origin = { sequence: 1, time: 2, author: "admin", address: "::1" };
  const later = { ...origin, kind: "rollout-paused", wave: 3 };
  const known = { ...origin, kind: "device-removed", device: "d" };
  assert.deepEqual(read(events, [later, { ...known, wave: 3 }]), [later, known]);
  assert.match(String(read(events, [{ ...origin, kind: "device-removed" }])), /mismatch/);
});

/** A value that JSON may hold, near enough to the protocol's that some are of it. */
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, 1, -1, 1.5, "a", "", "0".repeat(64), "file", "delete", "unpack"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom("digest", "size", "kind", "app", "packet", "name", "tags", "__proto__"),
      tie("value"),
      { maxKeys: 6, noNullPrototype: true },
    ),
  ),
})).value;

test("a shape takes and gives what its schema does", () => {
  const schema = z.object({
    digest: ROUTES.getDelta.reply.shape.digest.optional(),
    size: z.int().min(0).max(1).nullable().default(null),
    name: z.union([z.literal("a"), z.number()]).optional(),
    kind: z.string().nullable().optional(),
    tags: z.array(z.string().min(1).max(3)).min(1).max(2).optional(),
    packet: z.record(z.string().max(10), z.boolean()).optional(),
    app: z
      .discriminatedUnion("kind", [
        z.object({ kind: z.literal("delete"), tags: z.enum(["a", "file"]) }),
        z.object({ kind: z.literal("unpack") }),
      ])
      .optional(),
  });
  const shape = shapeOf(schema);
  fc.assert(
    fc.property(values, (value) => {
      const found = readShape(shape, value);
      const { success, data } = schema.safeParse(value);
      assert.equal(!(found instanceof Mismatch), success, JSON.stringify(value));
      if (success) assert.deepEqual(found, data);
    }),
    { numRuns: 2000 },
  );
});
