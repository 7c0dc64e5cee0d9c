import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import fc from "fast-check";
import { formatSize, parseSize } from "../src/size.ts";

test("every unit is read", () => {
  const read = {
    "0B": 0,
    "1000B": 1000,
    "500KiB": 512_000,
    "2MiB": 2_097_152,
    "1.5GiB": 1_610_612_736,
    "1TiB": 2 ** 40,
  };
  for (const [text, bytes] of Object.entries(read)) assert.equal(parseSize(text), bytes);
});

test("what is no size is refused, with the way to write it", () => {
  for (const text of ["", "5", "KiB", "-1KiB", "5 KiB", "5kb", "5KB", "1e3B", "999999999TiB", "InfinityB"])
    assert.throws(
      () => parseSize(text),
      (error) =>
        error instanceof JamesError && error.code === "USAGE" && error.hint?.includes("500KiB") === true,
    );
});

test("what is written is read back the same", () => {
  fc.assert(
    fc.property(fc.nat(), (bytes) => {
      assert.equal(parseSize(formatSize(bytes)), bytes);
    }),
  );
});
