import assert from "node:assert/strict";
import { test } from "node:test";
import { pauseAfter } from "../src/logic/pace.ts";
import { agoText } from "../src/logic/time-text.ts";

test("what costs more is looked at less often, and nothing more than once a second", () => {
  assert.deepEqual([0, 10, 100, 1000, 60_000].map(pauseAfter), [1000, 1000, 1000, 10_000, 15_000]);
});

test("how long ago, or in how long", () => {
  assert.equal(agoText(0, 3 * 86_400_000), "3 days ago");
  assert.equal(agoText(600_000, 0), "in 10 minutes");
});
