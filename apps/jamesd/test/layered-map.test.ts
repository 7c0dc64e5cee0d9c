import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LayeredMap } from "../src/fleet/layered-map.ts";

const value = fc.option(fc.record({ n: fc.nat() }), { nil: undefined });
const changes = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), value));

test("law: it holds what a map holds after the same changes, and those it came from stay as they are", () => {
  fc.assert(
    fc.property(fc.array(changes), (steps) => {
      let map = new LayeredMap<{ n: number }>();
      const plain = new Map<string, { n: number }>();
      const earlier: [LayeredMap<{ n: number }>, object][] = [];
      for (const step of steps) {
        earlier.push([map, Object.fromEntries(map.entries())]);
        map = map.with(step);
        for (const [key, value] of step) value ? plain.set(key, value) : plain.delete(key);
      }
      assert.deepEqual(new Map(map.entries()), plain);
      for (const key of "abcde") assert.equal(map.get(key), plain.get(key));
      for (const [before, held] of earlier) assert.deepEqual(Object.fromEntries(before.entries()), held);
    }),
  );
});

test("many changes become one with what lies below", () => {
  const all = Array.from({ length: 3000 }, (_, n) => [`k${n}`, { n }] as const);
  let map = new LayeredMap<{ n: number }>();
  for (const change of all) map = map.with([change]);
  map = map.with([["k5", undefined]]);
  assert.equal(new Map(map.entries()).size, 2999);
  assert.equal(map.get("k5"), undefined);
  assert.deepEqual(map.get("k2999"), { n: 2999 });
});
