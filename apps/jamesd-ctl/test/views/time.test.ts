import assert from "node:assert/strict";
import { test } from "node:test";
import { isoTime, timeLeft } from "@jamesd/protocol/words";

test("a time is one of ISO 8601, to the second, and a number that is none stays a number", () => {
  assert.equal(isoTime(1_700_000_000_999), "2023-11-14T22:13:20Z");
  assert.equal(isoTime(8.64e15), "+275760-09-13T00:00:00Z");
  assert.equal(isoTime(9e15), "9000000000000000");
  assert.equal(isoTime(-9e15), "-9000000000000000");
});

test("what is left of a time is told in a unit that it has twice at least", () => {
  const told = [0, 1, 119_999, 120_000, 7_199_000, 7_200_000, 172_799_000, 172_800_000].map(timeLeft);
  assert.deepEqual(told, [
    ...["0 s", "1 s", "2 minutes", "2 minutes"],
    ...["119 minutes", "2 hours", "47 hours", "2 days"],
  ]);
});
