import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FairQueue, type Waiter } from "../src/http/fair-queue.ts";

const event = fc.record({
  kind: fc.constantFrom("add", "add", "leave", "next", "more", "fewer"),
  n: fc.nat(1000),
});

test("law: whoever holds fewest is next, and of equals who came first, whatever came and went", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 400 }), (events) => {
      const held = new Map<string, number>();
      const heldBy = (who: string) => held.get(who) ?? 0;
      const queue = new FairQueue(heldBy);
      let waiting: Waiter[] = [];
      const leave = (waiter: Waiter | undefined) => {
        if (!waiter) return;
        queue.delete(waiter);
        waiting = waiting.filter((one) => one !== waiter);
      };
      for (const { kind, n } of events) {
        const who = `device-${n % 7}`;
        const waiter = { who, admit: () => undefined };
        if (kind === "add") {
          waiting.push(waiter);
          queue.add(waiter);
        } else if (kind === "leave") leave(waiting[n % Math.max(1, waiting.length)]);
        else if (kind === "next") leave(queue.next);
        else {
          held.set(who, Math.max(0, heldBy(who) + (kind === "more" ? 1 : -1)));
          queue.changed(who);
        }
        const fewest = Math.min(...waiting.map((one) => heldBy(one.who)));
        assert.equal(
          queue.next,
          waiting.find((one) => heldBy(one.who) === fewest),
        );
        assert.equal(queue.size, waiting.length);
        assert.equal(queue.sizeOf(who), waiting.filter((one) => one.who === who).length);
      }
    }),
    { numRuns: 300 },
  );
});

test("places that count no more are cleared away, and nobody who waits with them", () => {
  const held = new Map<string, number>();
  const queue = new FairQueue((who) => held.get(who) ?? 0);
  const waiters = ["a", "b", "c", "d"].map((who) => ({ who, admit: () => undefined }));
  for (const waiter of waiters) queue.add(waiter);
  for (let i = 1; i <= 100; i += 1) {
    held.set("b", i % 2);
    queue.changed("b");
  }
  const order: string[] = [];
  for (const waiter of [waiters[3], ...waiters.slice(0, 3)]) {
    if (waiter?.who !== "d") order.push(queue.next?.who ?? "nobody");
    if (waiter) queue.delete(waiter);
  }
  assert.deepEqual(order, ["a", "b", "c"]);
});
