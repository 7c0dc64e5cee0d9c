import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, JamesError } from "@jamesd/model";
import fc from "fast-check";
import { parseDuration } from "../src/duration.ts";

test("every unit is read", () => {
  const read = {
    "500ms": 500,
    "30s": 30_000,
    "5m": 300_000,
    "2h": 7_200_000,
    "7d": 604_800_000,
    "1.5s": 1500,
    "0s": 0,
  };
  for (const [text, milliseconds] of Object.entries(read)) assert.equal(parseDuration(text), milliseconds);
});

test("what is no length of time is refused, with the way to write it", () => {
  for (const text of ["", "5", "s", "-1s", "5 m", "5min", "1e3s", "Infinitys"])
    assert.throws(
      () => parseDuration(text),
      (error) =>
        error instanceof JamesError && error.code === "USAGE" && error.hint?.includes("30s") === true,
    );
});

test("a time that no clock counts is refused, with the longest that is taken", () => {
  assert.equal(parseDuration("36500d"), 36_500 * 86_400_000);
  for (const text of ["36501d", "876001h", `${"9".repeat(400)}ms`])
    assert.throws(() => parseDuration(text), { code: "USAGE", hint: "Write at most 36500d." });
});

test("what is written is read back the same", () => {
  fc.assert(
    fc.property(fc.nat(), (milliseconds) => {
      assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds);
    }),
  );
});
