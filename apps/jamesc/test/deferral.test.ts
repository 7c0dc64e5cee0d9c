import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sha256, UNUSABLE } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import {
  type Deferral,
  deferralAfter,
  deferralOf,
  deferralUntil,
  deferredAt,
  isDeferred,
} from "../src/deferral.ts";

const failed: Transaction = {
  id: "1",
  target: sha256("target"),
  revision: 3,
  outcome: "rolled-back",
  started: 0,
  durationMs: 1,
  attempt: 1,
  scripts: [],
  error: { code: "SCRIPT_FAILED", message: "preinst of openvpn ended with 1" },
};
const NOT_YET = { until: 1, opens: 7.5, why: "the window is closed" };
const plan = { target: failed.target, revision: 3, steps: [], apps: [], policy: {} };

function afterFailures(count: number): Deferral | undefined {
  let deferral: Deferral | undefined;
  for (let i = 0; i < count; i += 1) deferral = deferralAfter(deferral, failed, 0, 0);
  return deferral;
}

describe("a failed plan", () => {
  it("is not wanted until its time has come", () => {
    const deferral = deferralAfter(undefined, failed, 1000, 0);
    assert.deepEqual(deferredAt(deferral, 30_000.5), { target: failed.target, retryInMs: 1000 });
    assert.equal(deferredAt(deferral, 31_000), undefined);
    assert.equal(isDeferred(deferral, plan, 30_999), true);
    assert.equal(isDeferred(deferral, plan, 31_000), false);
  });

  it("of a stuck device keeps every other plan waiting as well", () => {
    const deferral = deferralAfter(undefined, { ...failed, outcome: "stuck" }, 1000, 0);
    const other = { ...plan, target: sha256("another"), revision: 4 };
    assert.equal(isDeferred(deferral, other, 30_999), true);
    assert.equal(isDeferred(deferral, { ...other, retry: failed.id }, 30_999), false);
    assert.equal(isDeferred(deferral, other, 31_000), false);
  });

  it("waits longer with each failure", () => {
    assert.deepEqual(
      [1, 2, 3, 20].map((count) => afterFailures(count)?.until),
      [30_000, 60_000, 120_000, 1_800_000],
    );
  });

  it("is looked for every minute by a device that cannot say what it has", () => {
    const unusable = { ...failed, id: `${UNUSABLE}1`, outcome: "stuck" as const };
    let deferral: Deferral | undefined;
    for (let i = 0; i < 20; i += 1) deferral = deferralAfter(deferral, unusable, 0, 0);
    assert.deepEqual([deferral?.until, deferral?.failures, deferral?.isStuck], [30_000, 20, true]);
  });

  it("is left alone for the rest of its time after a restart, and counted on", () => {
    const at = Date.parse("2026-01-01");
    const known = { target: failed.target, revision: 3, failures: 3, id: failed.id, at };
    const restarted = (today: number) => deferralOf(known, today, 5000, 0);
    assert.equal(restarted(at + 50_000).until, 5000 + 120_000 - 50_000);
    assert.equal(restarted(at + 500_000).until, 5000, "its time has come meanwhile");
    assert.equal(restarted(0).until, 5000 + 120_000, "the clock starts in 1970");
    assert.equal(isDeferred(restarted(at), plan, 5000), true);
    assert.equal(isDeferred(restarted(at), { ...plan, retry: failed.id }, 5000), false);
    assert.equal(deferralAfter(restarted(at), failed, 0, 0)?.failures, 4);
  });

  it("is forgotten by another target's failure, and by success", () => {
    const other = deferralAfter(afterFailures(5), { ...failed, target: sha256("other") }, 0, 0);
    assert.deepEqual([other?.target, other?.failures], [sha256("other"), 1]);
    assert.equal(deferralAfter(afterFailures(5), { ...failed, outcome: "committed" }, 0, 0), undefined);
  });

  it("is a new order in a new revision or with another target", () => {
    const deferral = afterFailures(1);
    assert.equal(isDeferred(deferral, { ...plan, revision: 4 }, 0), false);
    assert.equal(isDeferred(deferral, { ...plan, target: sha256("other") }, 0), false);
  });

  it("is wanted again when an operator says so, once for each failure", () => {
    const wish = { ...plan, retry: failed.id };
    assert.equal(isDeferred(afterFailures(1), wish, 0), false);
    assert.equal(isDeferred(afterFailures(1), { ...plan, retry: "another" }, 0), true);
    // The try failed as well, and the server has not heard of it yet.
    assert.equal(isDeferred(deferralAfter(afterFailures(1), failed, 0, 0, failed.id), wish, 0), true);
  });
});

describe("a plan that may not be begun", () => {
  it("is not wanted until its time has come, nor because of the same wish for a retry", () => {
    const wished = { ...plan, retry: "1" };
    const deferral = deferralUntil(2000, wished, NOT_YET, deferralAfter(undefined, failed, 0, 0));
    assert.ok(isDeferred(deferral, wished, 1999));
    assert.ok(!isDeferred(deferral, wished, 2000));
    assert.deepEqual(deferredAt(deferral, 1999), {
      ...{ target: plan.target, retryInMs: 1 },
      waiting: { revision: 3, why: "the window is closed", until: 8 },
    });
    const years = deferralUntil(9e12, plan, NOT_YET, undefined);
    assert.equal(deferredAt(years, 0)?.retryInMs, 365 * 24 * 60 * 60 * 1000, "no longer than a server takes");
  });

  it("gives way to an operator's wish that it begin now, once", () => {
    const deferral = deferralUntil(2000, plan, NOT_YET, undefined);
    const wished = { ...plan, go: { id: "g", breakLock: false } };
    assert.ok(!isDeferred(deferral, wished, 0));
    const told = deferralUntil(2000, wished, NOT_YET, undefined);
    assert.equal(deferredAt(told, 0)?.waiting?.go, "g");
    assert.ok(isDeferred(told, wished, 0));
    assert.ok(!isDeferred(afterFailures(1), { ...wished, revision: 4 }, 0));
    assert.ok(isDeferred(afterFailures(1), wished, 0), "what failed waits for its time");
  });

  it("gives way to a newer one", () => {
    const deferral = deferralUntil(2000, plan, NOT_YET, undefined);
    assert.ok(!isDeferred(deferral, { ...plan, target: sha256("newer") }, 0));
    assert.ok(!isDeferred(deferral, { ...plan, revision: 4 }, 0));
  });

  it("has failed as often as before", () => {
    const deferral = deferralUntil(2000, plan, NOT_YET, afterFailures(3));
    assert.equal(deferralAfter(deferral, failed, 3000, 0)?.failures, 4);
  });
});
