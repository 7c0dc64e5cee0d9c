import assert from "node:assert/strict";
import { test } from "node:test";
import { warningLines } from "../../src/documents/make-change.ts";

test("of many warnings the first are printed, and how many more there are", () => {
  const warnings = (count: number) => Array.from({ length: count }, (_, i) => `w${i + 1}`);
  assert.deepEqual(warningLines([]), []);
  assert.equal(warningLines(warnings(20)).at(-1), "warning: w20");
  const lines = warningLines(warnings(300));
  assert.equal(lines.length, 21);
  assert.deepEqual(lines.slice(19), ["warning: w20", "warning: 280 more such warnings are left out"]);
});
