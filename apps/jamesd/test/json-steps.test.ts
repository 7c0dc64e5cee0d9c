import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { whole } from "@jamesd/model";
import fc from "fast-check";
import { jsonInSteps } from "../src/http/json-steps.ts";

/** What Fastify reads a body with. */
const parse = createRequire(createRequire(import.meta.url).resolve("fastify"))("secure-json-parse") as (
  text: string,
) => unknown;

/** What is read of a text, and in which order its keys are; undefined where it is refused. */
function read(how: () => unknown): readonly [unknown, string] | undefined {
  try {
    const value = how();
    return [value, JSON.stringify(value)];
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return undefined;
  }
}

/** Holds that a text is read in steps as at once, and says whether it is read. */
function same(bytes: Buffer, piece: number): boolean {
  const atOnce = read(() => parse(bytes.toString()));
  const inSteps = read(() => whole(jsonInSteps(bytes, parse, piece)));
  assert.deepEqual(inSteps, atOnce);
  return atOnce !== undefined;
}

const SPACE = fc.constantFrom("", "", "", " ", "\n", "\t\r", " ".repeat(20));
const TEXT = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  fc.constantFrom('""', '"\\""', '"\\\\"', '"a\\\\\\"]},{["', '"\\u005d"', '"é😀"', '"],[},{"'),
);
// V8 13.6 takes another key with an escape for one with a backslash that it has seen in that place before.
const KEY = fc
  .oneof(fc.constantFrom('"a"', '"b"', '"1"', '"toString"', '"prototype"'), TEXT)
  .filter((text) => !text.includes("\\\\"));
/** JSON as it may be written. */
const JSON_TEXT = fc.letrec<{ value: string }>((tie) => {
  const parts = (...of: readonly fc.Arbitrary<string>[]) => fc.tuple(...of).map((found) => found.join(""));
  const value = parts(SPACE, tie("value"), SPACE);
  const member = parts(SPACE, KEY, SPACE, fc.constant(":"), value);
  return {
    value: fc.oneof(
      { maxDepth: 12, depthSize: "large" },
      fc.oneof(fc.constantFrom("null", "true", "-1.5e3", "[]", "{}", "[ ]", "{ }"), TEXT),
      fc.array(value, { maxLength: 5 }).map((items) => `[${items}]`),
      fc.array(member, { maxLength: 5 }).map((members) => `{${members}}`),
    ),
  };
}).value;
const PIECE = fc.integer({ min: 1, max: 60 });

test("law: JSON is read in steps as at once, however it is cut", () => {
  let taken = 0;
  fc.assert(
    fc.property(JSON_TEXT, fc.constantFrom("", "\ufeff"), PIECE, (text, before, piece) => {
      if (same(Buffer.from(before + text), piece)) taken += 1;
    }),
    { numRuns: 2000 },
  );
  assert.ok(taken > 1000, `${taken}`);
});

test("law: what is no JSON is not read in steps either", () => {
  const other = fc.constantFrom(...'[]{},:"\\ 0a\u0000', "\xff", "\xc3", "\xef\xbb\xbf", ",,", "");
  fc.assert(
    fc.property(JSON_TEXT, fc.nat(), fc.nat({ max: 2 }), other, PIECE, (text, place, less, more, piece) => {
      const bytes = Buffer.from(text);
      const at = place % (bytes.length + 1);
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + less)];
      same(Buffer.concat([before, Buffer.from(more, "latin1"), after]), piece);
    }),
    { numRuns: 4000 },
  );
});

test("what is cut elsewhere than between two items is no JSON", () => {
  const [items, long, spaces] = ["1,1,1,1,1,1,1", '"xxxxxxxxxxxxxx"', " ".repeat(20)];
  for (const text of [
    ...[`[${items}]`, `[${items},]`, `[${items},,${items}]`, `[,${items}]`, `[${items}}`, `[${items}`],
    ...[`[${items}]]`, `[${long}]`, `[${long},]`, `[${long} 1]`, `[${long}`, `[${long}1]`, `{${long}:1}`],
    ...[`{${long}:1,}`, `{${long}}`, `{"a" ${long}}`, `{a:${long}}`, `{"a":${long},"a":2}`, `{${items}}`],
    ...[`{"a":1,${long}:2,"a":[${items}]}`, `[${spaces}]`, `[${spaces},1]`, `[1,${spaces}]`, `[${spaces}`],
    ...[`[[${items}][${items}]]`, `[[${items}],[${items}]]`, `[[${items}],${spaces}]`, "[".repeat(1000)],
    ...[`${"[".repeat(1000)}${"]".repeat(1000)}`, `${'{"a":'.repeat(20)}[${items}]${"}".repeat(20)}`],
    ...["", " ", "1", long, `${long},${long}`],
  ])
    same(Buffer.from(text), 8);
});

test("a key that changes what an object is made of is refused wherever it is cut", () => {
  const long = '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"';
  for (const text of [
    `[{"__proto__":${long}}]`,
    `[{"__pr\\u006fto__":[${long}]}]`,
    `{"a":${long},"__proto__":1}`,
    `{"constructor":{"a":${long},"prototype":1}}`,
    `{"a":${long},"constructor":{"prototype":1}}`,
  ])
    assert.equal(same(Buffer.from(text), 20), false, text);
  assert.ok(same(Buffer.from(`{"constructor":{"a":${long}}}`), 20));
});

test("no piece is longer than what is read at once", () => {
  const items = Array.from({ length: 20_000 }, (_, i) => ({ id: `${i}`, apps: [{ name: "é" }] }));
  const pieces: number[] = [];
  const count = (text: string): unknown => {
    pieces.push(text.length);
    return JSON.parse(text);
  };
  const value = { message: "x", items, more: { items } };
  assert.deepEqual(whole(jsonInSteps(Buffer.from(JSON.stringify(value)), count)), value);
  assert.ok(pieces.length > 20, `${pieces.length}`);
  assert.ok(Math.max(...pieces) <= 64 * 1024 + 2, `${Math.max(...pieces)}`);
});
