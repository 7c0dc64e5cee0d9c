import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Gate } from "../src/gate.ts";

test("a gate lets so many through at once, the others in their order, also when one fails", async () => {
  const gate = new Gate(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3, 4].map((n) =>
    gate.through(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (n === 0) throw new Error("failed");
      return n;
    }),
  );
  const outcomes = Promise.allSettled(all);
  for (const expected of [
    [0, 1],
    [0, 1, 2],
    [0, 1, 2, 3],
    [0, 1, 2, 3, 4],
  ]) {
    await turn();
    assert.deepEqual(begun, expected);
    ends.shift()?.();
  }
  ends.shift()?.();
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ["rejected", "fulfilled", "fulfilled", "fulfilled", "fulfilled"],
  );
});
