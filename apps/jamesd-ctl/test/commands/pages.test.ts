import assert from "node:assert/strict";
import { test } from "node:test";
import { readPages } from "../../src/commands/pages.ts";

/** A list of so many, asked for as a server gives it, and how many were asked for each time. */
function listOf(size: number) {
  const asked: number[] = [];
  const ask = async (limit: number, last: number | undefined): Promise<readonly number[]> => {
    asked.push(limit);
    const after = last ?? 0;
    return Array.from({ length: Math.min(limit, size - after) }, (_, i) => after + i + 1);
  };
  return { asked, ask };
}

test("a list is read to its end, or until there is what was asked for, in pages of a thousand", async () => {
  for (const [size, most, requests] of [
    [2500, 5000, [1000, 1000, 1000]],
    [2500, Number.POSITIVE_INFINITY, [1000, 1000, 1000]],
    [2500, 1200, [1000, 200]],
    [2500, 1000, [1000]],
    [2000, 2500, [1000, 1000, 500]],
    [7, 100, [100]],
    [7, 0, []],
    [0, 100, [100]],
  ] as const) {
    const { asked, ask } = listOf(size);
    const found = await readPages(most, ask);
    assert.equal(found.length, Math.min(size, most));
    assert.deepEqual(
      found,
      found.map((_, i) => i + 1),
    );
    assert.deepEqual(asked, requests);
  }
});
