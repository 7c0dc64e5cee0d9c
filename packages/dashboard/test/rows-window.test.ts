import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { topFor, windowOf } from "../src/logic/rows-window.ts";

const scrolled = fc.record({
  rows: fc.nat(100_000),
  rowHeight: fc.integer({ min: 1, max: 80 }),
  top: fc.nat(9_000_000),
  height: fc.nat(4000),
});

test("a window draws each row once at its place: what is seen of the list is there, and its length is true", () => {
  fc.assert(
    fc.property(scrolled, (list) => {
      const { rows, rowHeight, top, height } = list;
      const { first, end, before, after } = windowOf(list);
      assert.ok(first >= 0 && first <= end && end <= rows);
      assert.equal(before, first * rowHeight);
      assert.equal(before + (end - first) * rowHeight + after, rows * rowHeight);
      // A browser scrolls no further than to the end.
      const at = Math.min(top, Math.max(0, rows * rowHeight - height));
      const drawn = windowOf({ ...list, top: at });
      for (const y of [at, at + height - 1]) {
        const row = Math.floor(y / rowHeight);
        if (height > 0 && row < rows) assert.ok(drawn.first <= row && row < drawn.end, `row ${row}`);
      }
      assert.ok(end - first <= height / rowHeight + 20);
    }),
    { numRuns: 1000 },
  );
});

test("a row that is gone to is seen, and the list moves no further than it has to", () => {
  fc.assert(
    fc.property(scrolled, fc.nat(99_999), (list, row) => {
      const { rowHeight, top, height } = list;
      const to = topFor(row, list);
      const [start, end] = [row * rowHeight, (row + 1) * rowHeight];
      if (height >= rowHeight) assert.ok(to <= start && end <= to + height);
      if (top <= start && end <= top + height) assert.equal(to, top);
    }),
  );
});
