import assert from "node:assert/strict";
import { test } from "node:test";
import { Pulse } from "../src/pulse.ts";

const HOUR_MS = 3_600_000;

test("the agent lives as long as what it waits for is not long overdue", () => {
  const pulse = new Pulse();
  assert.equal(pulse.isAlive(24 * HOUR_MS), true, "it starts, and undoes what was cut");
  pulse.expect(HOUR_MS, 60_000);
  assert.equal(pulse.isAlive(HOUR_MS + 60_000), true);
  assert.equal(pulse.isAlive(HOUR_MS + 120_000), true, "a little late is not dead");
  assert.equal(pulse.isAlive(2 * HOUR_MS), false);
  pulse.expect(2 * HOUR_MS);
  assert.equal(pulse.isAlive(20 * HOUR_MS), true, "a transaction has limits of its own");
});
