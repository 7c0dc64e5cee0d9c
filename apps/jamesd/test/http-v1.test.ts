import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256, stateDigest } from "@jamesd/model";
import { type Checkin, ROUTES } from "@jamesd/protocol";
import { reportOf, wireOrder } from "../src/http/v1/check-in.ts";

const target = sha256("apps");
const packet = sha256("packet");
const step = { kind: "script" as const, script: "preinst" as const, app: "vpn", packet };

test("whatever a check-in says is in the report", () => {
  const state = { systemtags: ["armv7l"], apps: [{ name: "vpn", tags: ["v1"], digest: packet }] };
  const run = { app: "vpn", script: "preinst" as const, exitCode: 7, signal: null, durationMs: 1 };
  const checkin: Checkin = ROUTES.checkin.body.parse({
    digest: stateDigest(state),
    deferred: target,
    retryInMs: 5,
    state,
    transaction: {
      ...{ id: "t1", target, revision: 3, outcome: "rolled-back", started: 1, durationMs: 2, attempt: 1 },
      scripts: [{ ...run, output: "no", undo: false }],
      error: { code: "SCRIPT_FAILED", message: "preinst ended with 7", hint: "See its output.", step },
    },
    followed: { revision: 2, seal: "1.ab" },
    agent: "jamesc 1",
    features: ["a"],
    clockOff: -7,
  } satisfies Checkin);
  assert.deepEqual(reportOf(checkin), checkin);
  assert.deepEqual(reportOf({ digest: target }), { digest: target });
  // Of a text that is longer than any of ours the beginning is kept.
  const long = "x".repeat(1_000_000);
  const error = { ...checkin.transaction?.error, code: long, message: long, hint: long, step };
  const told = reportOf({ ...checkin, transaction: { ...checkin.transaction, error } } as Checkin);
  assert.ok(JSON.stringify(told).length < 20_000);
  assert.deepEqual(told.transaction?.error?.step, step);
});

test("an order goes out whole, with the number of its format", () => {
  const plan = {
    ...{ target, revision: 4, steps: [step], apps: [{ name: "vpn", tags: [], digest: packet }] },
    ...{ policy: { unowned: "adopt" as const, confirm: { connectivity: 9 } }, seal: "1.ab", retry: "t1" },
    windows: [[{ days: ["sun" as const], from: "01:00", to: "02:00", zone: "UTC" }]],
  };
  assert.deepEqual(wireOrder({ plan }), { plan: { format: 1, ...plan } });
  assert.deepEqual(wireOrder({ tellState: true }), { need: "state" });
  assert.equal(wireOrder(undefined), undefined);
});
