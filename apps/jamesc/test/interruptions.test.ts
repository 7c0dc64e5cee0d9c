import assert from "node:assert/strict";
import { test } from "node:test";
import { Interruptions } from "../src/interruptions.ts";

test("only what is cut and brought nothing is followed by pauses that grow", () => {
  const interruptions = new Interruptions();
  const cuts = (...held: readonly number[]): readonly number[] =>
    held.map((bytes) => interruptions.cut(bytes));
  assert.deepEqual(cuts(0, 0, 0), [1, 2, 3], "nobody answers");
  assert.deepEqual(cuts(10, 20, 30), [1, 1, 1], "each connection brings some");
  assert.deepEqual(cuts(30, 30), [2, 3]);
  assert.deepEqual(cuts(5, 10), [4, 1], "something else is wanted, and what was held is gone");
  interruptions.forget();
  assert.deepEqual(cuts(10, 10), [1, 2], "of another plan");
});
