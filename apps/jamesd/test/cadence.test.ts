import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { askAgainAfter, LONGEST_MS, SHORTEST_MS, usualMostHeld } from "../src/fleet/cadence.ts";

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const strain = fc.double({ min: 0, max: 1, noNaN: true });
const polling = fc.nat({ max: 40_000 });

test("who is not held asks within bounds, less often the more there are and the less the server keeps up", () => {
  fc.assert(
    fc.property(polling, polling, strain, strain, random, (some, more, low, high, chance) => {
      const least = askAgainAfter({ polling: Math.min(some, more), strain: Math.min(low, high) }, chance);
      const most = askAgainAfter({ polling: Math.max(some, more), strain: Math.max(low, high) }, chance);
      assert.ok(least <= most);
      assert.ok(least >= SHORTEST_MS * 0.8 && most <= LONGEST_MS * 1.2);
    }),
  );
});

test("up to the longest time no more than a hundred come in a second", () => {
  fc.assert(
    fc.property(fc.nat({ max: (LONGEST_MS / 1000) * 100 }), random, (count, chance) => {
      const meanMs = askAgainAfter({ polling: count, strain: 0 }, 0.5);
      assert.ok((count / meanMs) * 1000 <= 100.001);
      const spread = askAgainAfter({ polling: count, strain: 0 }, chance) / meanMs;
      assert.ok(spread >= 0.799 && spread < 1.201);
    }),
  );
});

test("without a word as many are held as fit into memory and connections", () => {
  assert.equal(usualMostHeld(4e9, 1_000_000), 20_000);
  assert.equal(usualMostHeld(64e9, 20_000), 15_000);
});
