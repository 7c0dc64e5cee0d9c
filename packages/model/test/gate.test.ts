import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Gate } from "../src/gate.ts";

/** Has so many want to go through; `end` lets out the one that has been inside for longest. */
function crowd(gate: Gate, count: number) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = Array.from({ length: count }, (_, n) =>
    gate.run(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (n === 0) throw new Error("failed");
    }),
  );
  return { begun, end: () => ends.shift()?.(), outcomes: Promise.allSettled(all) };
}

test("a gate lets so many through at once, the others in their order, also when one fails, and again later", async () => {
  const gate = new Gate(2);
  for (let again = 0; again < 2; again += 1) {
    const { begun, end, outcomes } = crowd(gate, 5);
    for (const inside of [2, 3, 4, 5]) {
      await turn();
      assert.deepEqual(begun, [0, 1, 2, 3, 4].slice(0, inside));
      end();
    }
    end();
    const failed = (await outcomes).filter(({ status }) => status === "rejected");
    assert.equal(failed.length, 1);
  }
});
