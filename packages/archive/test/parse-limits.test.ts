import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { DEFAULT_LIMITS, parseLimits } from "../src/safe-path.ts";

test("limits are read by name, the others stay", () => {
  assert.deepEqual(parseLimits(""), DEFAULT_LIMITS);
  assert.deepEqual(parseLimits("entries=5, bytes=8GiB,ratio-floor=1MiB"), {
    ...DEFAULT_LIMITS,
    entries: 5,
    bytes: 8 * 2 ** 30,
    ratioFloor: 2 ** 20,
  });
});

test("what is no limit is refused by name, with the names there are", () => {
  for (const bad of [
    "entries",
    "entries=",
    "entries=0",
    "entries=-1",
    "entries=1.5",
    "entires=5",
    "bytes=8GB",
    "allowSetid=1",
    "constructor=1",
  ])
    assert.throws(
      () => parseLimits(`depth=9,${bad}`),
      (thrown: unknown) =>
        thrown instanceof JamesError &&
        thrown.message.includes(bad) &&
        /target-bytes/.test(thrown.hint ?? ""),
    );
});
