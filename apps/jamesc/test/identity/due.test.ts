import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { renewalTime, urgentTime } from "../../src/identity/due.ts";

const period = fc.record({
  starts: fc.integer({ min: 0, max: 4e12 }),
  length: fc.integer({ min: 60_000, max: 1e12 }),
  serial: fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 8, maxLength: 40 }),
});

test("a certificate is renewed after two thirds of its time, give or take a tenth of that, and there is time left", () =>
  fc.assert(
    fc.property(period, ({ starts, length, serial }) => {
      const one = { starts, ends: starts + length, serial };
      const share = (renewalTime(one) - starts) / length;
      assert.ok(share >= 0.6 - 1e-9 && share <= 2.2 / 3 + 1e-9, String(share));
      assert.equal(renewalTime(one), renewalTime(one));
      assert.ok(urgentTime(one) > renewalTime(one) && urgentTime(one) < one.ends);
    }),
  ));

test("of a thousand that were issued at once no tenth of the span renews more than a fifth", () => {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let serial = 0; serial < 1000; serial += 1) {
    const share = renewalTime({ starts: 0, ends: 1e9, serial: serial.toString(16) }) / 1e9;
    const tenth = Math.min(9, Math.floor(((share - 0.6) / (0.4 / 3)) * 10));
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  assert.ok(Math.max(...tenths) <= 200, tenths.join());
  assert.ok(Math.min(...tenths) > 0, tenths.join());
});
