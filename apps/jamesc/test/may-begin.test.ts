import assert from "node:assert/strict";
import { test } from "node:test";
import { offsetOf, sha256, type Window } from "@jamesd/model";
import { mayBegin } from "../src/may-begin.ts";

const NOON = Date.UTC(2026, 5, 1, 12);
const MINUTE = 60_000;
const plan = { target: sha256("target"), revision: 3, steps: [], apps: [], policy: {} };
const night: Window = { from: "22:00", to: "06:00" };

let holder: string | undefined;
const at = (
  now: number,
  windows?: (readonly Window[])[],
  zone = "UTC",
  go?: { id: string; breakLock: boolean },
) =>
  mayBegin({
    ...{ now: () => now, zones: () => ({ local: zone, offsetOf }) },
    ...{ built: NOON - MINUTE, lock: { holder: () => holder } },
  })({
    ...plan,
    ...(windows && { windows }),
    ...(go && { go }),
  });

test("a plan without windows begins, whatever the clock says", async () => {
  assert.equal(await at(NOON), undefined);
  assert.equal(await at(0), undefined);
});

test("a plan with windows begins when they are open, in the device's zone where they name none", async () => {
  assert.deepEqual(await at(NOON, [[night]]), {
    until: NOON + 600 * MINUTE,
    opens: NOON + 600 * MINUTE,
    why: "no maintenance window is open: 22:00-06:00 UTC",
  });
  assert.equal(await at(NOON, [[night]], "Pacific/Auckland"), undefined);
  const why = (await at(NOON, [[night, { ...night, zone: "Pacific/Auckland" }], [night]]))?.why;
  assert.match(why ?? "", /: 22:00-06:00 UTC or 22:00-06:00 Pacific\/Auckland, and 22:00-06:00 UTC$/);
});

test("windows that never open are looked at again; why is bounded", async () => {
  const never = [[night], [{ from: "12:00", to: "13:00" }]];
  assert.deepEqual((await at(NOON, never))?.opens, undefined);
  const many = Array.from({ length: 100 }, () => [night]);
  assert.ok(((await at(NOON, many))?.why.length ?? 500) < 500);
});

test("a clock that is not set opens no window, nor does a zone that is not known", async () => {
  const unset = await at(0, [[{ from: "00:00", to: "24:00" }]]);
  assert.match(unset?.why ?? "", /clock of the device is not set, it shows 1970-01-01/);
  assert.equal(unset?.until, MINUTE);
  assert.match((await at(NOON, [[{ ...night, zone: "No/Where" }]]))?.why ?? "", /no time zone No\/Where/);
});

test("no plan begins while the update lock is held; a closed window counts first", async (t) => {
  holder = "process 7 (backup)";
  t.after(() => {
    holder = undefined;
  });
  assert.deepEqual(await at(NOON), {
    until: NOON + 15_000,
    why: "the update lock is held by process 7 (backup)",
  });
  assert.match((await at(NOON, [[night]]))?.why ?? "", /window/);
  assert.match((await at(NOON - 12 * 60 * MINUTE, [[night]]))?.why ?? "", /clock/);
});

test("an operator may have it begin now: through windows, and through the lock only when that is said", async (t) => {
  const go = { id: "g", breakLock: false };
  assert.equal(await at(NOON, [[night]], "UTC", go), undefined);
  assert.equal(await at(0, [[night]], "UTC", go), undefined);
  holder = "process 7";
  t.after(() => {
    holder = undefined;
  });
  assert.match((await at(NOON, [[night]], "UTC", go))?.why ?? "", /lock is held by process 7/);
  assert.equal(await at(NOON, [[night]], "UTC", { ...go, breakLock: true }), undefined);
});
