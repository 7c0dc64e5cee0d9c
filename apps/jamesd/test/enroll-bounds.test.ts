import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { pino } from "pino";
import { makeEnrollBounds } from "../src/http/enroll-bounds.ts";

const DAY = 86_400_000;

function boundsAt(now: () => number) {
  return makeEnrollBounds(4096, pino({ level: "silent" }), now);
}

/** How many of so many are let through, of places that come in turn. */
function passing(spend: (place: string, amount: number) => void, count: number, places: number): number {
  let passed = 0;
  for (let i = 0; i < count; i++)
    try {
      spend(`place ${i % places}`, 1);
      passed += 1;
    } catch (thrown) {
      assert.equal(thrown instanceof JamesError && thrown.code, "SERVER_BUSY");
    }
  return passed;
}

test("10,000 of one place at once are cut to what is for it, and the next place has its own", () => {
  let now = 0;
  const { connections, requests, waiting } = boundsAt(() => now);
  for (const rates of [connections, requests]) {
    const spend = rates.spend.bind(rates);
    assert.equal(passing(spend, 10_000, 1), 512);
    rates.spend("another place", 1);
    now += 1000;
    assert.equal(passing(spend, 10_000, 1), 20, "a second later");
  }
  assert.equal(passing(waiting.spend.bind(waiting), 10_000, 1), 100);
});

test("of all places together there are only so many, and in a day so many are written down", () => {
  let now = 0;
  const { connections, waiting } = boundsAt(() => now);
  assert.equal(passing(connections.spend.bind(connections), 20_000, 1000), 4096);
  const write = waiting.spend.bind(waiting);
  let written = 0;
  for (; now < DAY; now += DAY / 100) written += passing(write, 1000, 500);
  assert.ok(written > 1000 && written < 10_000, String(written));
});
