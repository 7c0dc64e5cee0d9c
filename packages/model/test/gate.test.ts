import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
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

test("who waits may leave; nothing of them stays in the line, or at the signal", async () => {
  const gate = new Gate(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = gate.run(() => promise);
  const gone = new AbortController();
  const never = async (): Promise<void> => assert.fail("it had left");
  const left = gate.run(never, gone.signal);
  const { signal } = new AbortController();
  const next = gate.run(async () => "next", signal);
  gone.abort(new Error("enough"));
  await assert.rejects(left, /enough/);
  await assert.rejects(gate.run(never, gone.signal), /enough/);
  resolve();
  await first;
  assert.equal(await next, "next");
  assert.equal(await gate.run(async () => "free again"), "free again");
  for (const each of [signal, gone.signal]) assert.deepEqual(getEventListeners(each, "abort"), []);
});
