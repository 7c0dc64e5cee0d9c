import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "@jamesd/testkit";
import { giveBackWhenQuiet, isYoungGenerationLarge } from "../../src/running/give-back.ts";

/** Has V8 grow its young generation: what it looks at is alive each time. */
function work(): void {
  const alive: object[] = [];
  for (let i = 0; i < 1_000_000; i += 1) alive.push({ i });
}

test("what the young generation grew by while much was done is given back when hardly anything is", async () => {
  work();
  assert.ok(isYoungGenerationLarge());
  const watch = giveBackWhenQuiet();
  try {
    await waitFor("V8 to give back", () => !isYoungGenerationLarge() || undefined);
  } finally {
    watch.close();
  }
});
