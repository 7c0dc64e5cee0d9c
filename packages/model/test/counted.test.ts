import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, numberText } from "../src/index.ts";

test("numbers are read in groups of three digits", () => {
  assert.deepEqual([0, 7, 999, 1000, 12_345, 100_000, 1_234_567].map(numberText), [
    ...["0", "7", "999", "1,000", "12,345", "100,000", "1,234,567"],
  ]);
});

test("a number has its noun", () => {
  assert.deepEqual(
    [counted(1, "device"), counted(2000, "device"), counted(2, "entry", "entries")],
    ["1 device", "2,000 devices", "2 entries"],
  );
});
