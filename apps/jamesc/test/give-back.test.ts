import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { giveBack } from "../src/give-back.ts";

test("what nobody refers to is collected", async () => {
  const kept = new WeakRef({ memory: new Array(1000).fill("") });
  // What a WeakRef was made of, or gave, stays until the turn is over.
  await setImmediate();
  giveBack();
  assert.equal(kept.deref(), undefined);
});
