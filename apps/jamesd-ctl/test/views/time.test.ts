import assert from "node:assert/strict";
import { test } from "node:test";
import { isoTime } from "../../src/views/time.ts";

test("a time is one of ISO 8601, to the second, and a number that is none stays a number", () => {
  assert.equal(isoTime(1_700_000_000_999), "2023-11-14T22:13:20Z");
  assert.equal(isoTime(8.64e15), "+275760-09-13T00:00:00Z");
  assert.equal(isoTime(9e15), "9000000000000000");
  assert.equal(isoTime(-9e15), "-9000000000000000");
});
