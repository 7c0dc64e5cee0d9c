import assert from "node:assert/strict";
import { test } from "node:test";
import { HandshakeWaste } from "../src/http/handshake-waste.ts";

function scene() {
  const state = { now: 0 };
  return { state, waste: new HandshakeWaste(() => state.now) };
}

test("a place whose handshakes lead to nothing is late, sooner with long chains, and for some seconds", () => {
  const { state, waste } = scene();
  for (let i = 0; i < 499; i += 1) waste.refused("10.0.0.1", 2000);
  assert.equal(waste.isLate("10.0.0.1"), false);
  waste.refused("10.0.0.1", 2000);
  for (let i = 0; i < 25; i += 1) waste.refused("2001:db8::1", 90_000);
  assert.deepEqual(
    ["10.0.0.1", "2001:db8:0:0::/64", "10.0.0.2"].map((place) => waste.isLate(place)),
    [true, true, false],
  );
  state.now += 600;
  assert.equal(waste.isLate("10.0.0.1"), false);
  for (let i = 0; i < 100_000; i += 1) waste.refused("10.0.0.1", 2000);
  state.now += 10_001;
  assert.equal(waste.isLate("10.0.0.1"), false);
});

test("many devices of one place are as welcome as ever; one certificate that comes again and again is not", () => {
  const { state, waste } = scene();
  for (let i = 0; i < 20_000; i += 1) waste.done(`device-${i}`, "10.0.0.1", false);
  assert.equal(waste.isLate("10.0.0.1"), false);
  const comesUntilLate = (account: string, isResumed: boolean): number => {
    for (let i = 1; ; i += 1) {
      waste.done(account, "10.0.0.1", isResumed);
      if (waste.isLate("10.0.0.1")) return i;
    }
  };
  const full = comesUntilLate("device-1", false);
  state.now += 600_000;
  assert.ok(full >= 500 && comesUntilLate("device-1", true) >= 2 * (full - 1));
});
