import assert from "node:assert/strict";
import { test } from "node:test";
import { LineBudget } from "../src/http/line-budget.ts";

test("so many lines are written in each time, and how many were left out is told once at its end", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const left: number[] = [];
  const lines = new LineBudget({ windowMs: 1000, most: 2 }, (count) => left.push(count));
  const take = (...wanted: readonly boolean[]) => wanted.map((isWanted) => lines.take(isWanted));
  assert.deepEqual(take(true, false, true, true), [true, false, true, false]);
  t.mock.timers.tick(999);
  assert.deepEqual([left, take(true)], [[], [false]]);
  t.mock.timers.tick(1);
  assert.deepEqual([left, take(true, true, true)], [[3], [true, true, false]]);
  t.mock.timers.tick(1000);
  assert.deepEqual([left, take(true)], [[3, 1], [true]]);
  t.mock.timers.tick(1000);
  assert.deepEqual(left, [3, 1, 0]);
  // Where there was nothing, nothing is told.
  t.mock.timers.tick(10_000);
  assert.equal(left.length, 3);
});
