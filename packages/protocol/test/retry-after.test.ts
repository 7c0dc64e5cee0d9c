import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRetryAfter } from "../src/retry-after.ts";

const NOON = Date.parse("2026-11-24T12:00:00Z");

test("seconds and dates are read, a date that has passed is no wait", () => {
  const table: Readonly<Record<string, number>> = {
    "0": 0,
    "7": 7000,
    " 120 ": 120_000,
    "Tue, 24 Nov 2026 12:00:30 GMT": 30_000,
    "Tuesday, 24-Nov-26 12:00:30 GMT": 30_000,
    "Sun, 06 Nov 1994 08:49:37 GMT": 0,
  };
  for (const [field, ms] of Object.entries(table)) assert.equal(parseRetryAfter(field, NOON), ms, field);
});

test("anything else is none", () => {
  for (const field of ["", "-1", "1.5", "soon", "Soon, ", "1e3", "9999999999", "2026-11-24", undefined])
    assert.equal(parseRetryAfter(field, NOON), undefined, field);
});

test("law: whatever a server says, the wait is a number from 0 on, or none", () => {
  fc.assert(
    fc.property(fc.string(), (field) => {
      const ms = parseRetryAfter(field, NOON);
      assert.ok(ms === undefined || (Number.isFinite(ms) && ms >= 0));
    }),
  );
});
