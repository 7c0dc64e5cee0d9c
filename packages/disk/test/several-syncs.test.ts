import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { severalSyncs } from "@jamesd/disk";

test("when one thing cannot be made durable, it is said as soon as nothing else is under way", async () => {
  const failure = new Error("EIO");
  let underWay = 0;
  const sync = async (turns: number): Promise<void> => {
    underWay += 1;
    try {
      for (let i = 0; i < turns; i += 1) await setImmediate();
      if (turns === 0) throw failure;
    } finally {
      underWay -= 1;
    }
  };
  await assert.rejects(severalSyncs([0, ...Array.from({ length: 100 }, (_, i) => i + 1)], sync), failure);
  assert.equal(underWay, 0);
});
