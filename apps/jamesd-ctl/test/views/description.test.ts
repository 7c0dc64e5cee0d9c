import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Device, DevicePlan } from "@jamesd/protocol";
import { describeDevice } from "../../src/views/description.ts";
import { deviceTable } from "../../src/views/device-columns.ts";
import { device, PACKET, TARGET, transaction } from "../device.ts";

const NO_PLAN: DevicePlan = {
  id: "device-1",
  sync: "in-sync",
  revision: 5,
  steps: [],
  bytes: 0,
  problem: null,
};

const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;

const told = (one: Device, plan = NO_PLAN) => describeDevice(one, plan, NOW);

suite("a device in words", () => {
  test("when it was seen, what it runs, has and should have", () => {
    const apps = [{ name: "vpn", tags: ["v1", "arm"], digest: PACKET }];
    const wishes = [
      { name: "web", tags: [], spec: "all", digest: null },
      { name: "vpn", tags: ["v2"], spec: null, digest: PACKET },
    ];
    const full = device("pending", { agent: "1.2.3", systemtags: ["arm", "glibc"], apps });
    const { seen, agent, tags, has, shouldHave } = told({ ...full, effective: { apps: wishes, policy: {} } });
    assert.deepEqual([seen, agent, tags], ["connected", "1.2.3", "arm, glibc"]);
    assert.deepEqual(has, ["vpn (v1, arm)"]);
    assert.deepEqual(shouldHave, ["web, spec all", "vpn (v2), its own"]);
  });

  test("that it is locked out, and then nothing else is to be done", () => {
    const lock = { time: NOW, author: "olga", reason: "stolen" };
    const problem = { code: "X", message: "x", hint: "Wait." };
    const { lockedOut, whatToDo } = told(device("pending", { lockedOut: lock, problem }));
    assert.equal(lockedOut, "since 2026-01-31T00:00:00Z by olga: stolen");
    assert.match(whatToDo, /locked out.*unrevoke.*remove-device --id device-1/);
    const listed = told(device("in-sync", { lockedOut: { time: null, author: null, reason: "on a list" } }));
    assert.equal(listed.lockedOut, "on a list");
    assert.match(listed.whatToDo, /another certificate/);
    assert.equal("lockedOut" in told(device("in-sync")), false);
    const { rows } = deviceTable([device("in-sync", { lockedOut: lock })], ["locked-out"], NOW);
    assert.match(JSON.stringify(rows), /stolen/);
  });

  test("what is not known of it", () => {
    const { seen, agent, tags, has, shouldHave } = told(
      device("unmanaged", { connected: false, lastSeen: null }),
    );
    assert.deepEqual([seen, agent, tags, has, shouldHave], ["never", "unknown", "none", [], "nobody said"]);
    const gone = told(device("in-sync", { connected: false, lastSeen: Date.UTC(2026, 0, 31) }));
    assert.match(gone.seen, /^not connected, last seen 2026-01-31T00:00:00/);
  });

  test("how it stands, and what to do then", () => {
    const cases: readonly [Device, RegExp, RegExp][] = [
      [device("unmanaged"), /^unmanaged/, /^Set a desired state for device-1/],
      [device("in-sync"), /^in sync: .*revision 5/, /^Nothing\.$/],
      [device("unsatisfiable"), /^unsatisfiable/, /explain --id device-1/],
      [device("doubled"), /^doubled: two machines/, /certificate of its own/],
      [device("pending"), /on its way to revision 5/, /^Wait\.$/],
      [device("pending", { connected: false }), /when it connects/, /why it is not connected/],
      [device("failed", { transaction: transaction() }), /^failed/, /retry --id device-1/],
      [device("failed", { transaction: transaction({ outcome: "stuck" }) }), /^stuck/, /^Mend what/],
    ];
    for (const [one, state, whatToDo] of cases) {
      const said = told(one);
      assert.match(said.state, state);
      assert.match(said.whatToDo, whatToDo);
      assert.equal("why" in said, false);
      assert.equal("failure" in said, one.sync === "failed");
    }
  });

  test("that what failed is not tried again while its rollout is paused", () => {
    const said = describeDevice(device("failed", { transaction: transaction() }), NO_PLAN, NOW, 7);
    assert.equal(said.state, "failed: the last change was undone");
    assert.match(said.paused ?? "", /^rollout 7/);
    assert.match(said.whatToDo, /^See the failure; then resume-rollout or revert-rollout --revision 7\.$/);
  });

  test("when its certificate ends, and what to do when that is soon", () => {
    const certificate = (certEnds: number | null) => told(device("in-sync", { certEnds })).certificate;
    assert.equal(certificate(null), undefined);
    assert.equal(certificate(NOW + 31 * DAY), "ends at 2026-03-03T00:00:00Z, in 31 days");
    assert.match(certificate(NOW + 30 * DAY) ?? "", /in 30 days: issue a new one before$/);
    assert.match(certificate(NOW - 1) ?? "", /^ended at .*: issue a new one$/);
  });

  test("that it is late with its certificate, as the server says, and whose that is", () => {
    const said = (more: object) => told(device("in-sync", { certEnds: NOW + 20 * DAY, ...more }));
    assert.match(said({ certLate: false }).certificate ?? "", /in 20 days$/);
    assert.match(said({ certLate: true }).certificate ?? "", /: issue a new one before$/);
    assert.equal("issued" in said({}), false);
    assert.equal(said({ certIssuer: "CN=our CA", certSerial: "a1" }).issued, "of CN=our CA, number a1");
    assert.match(said({ renew: true }).renewal ?? "", /^asked for/);
  });

  test("that another machine has a key that it has replaced", () => {
    const clone = { serial: "a0", time: NOW, address: "10.0.0.9" };
    const { cloned } = told(device("in-sync", { clone }));
    assert.match(cloned ?? "", /^10\.0\.0\.9 came at 2026-01-31T00:00:00Z with the certificate a0, /);
    assert.equal("cloned" in told(device("in-sync")), false);
  });

  test("when it tries again", () => {
    const next = (nextTry: number | null) => told(device("failed", { nextTry })).nextTry;
    assert.equal(next(null), undefined);
    assert.equal(next(NOW + 90_000), "at 2026-01-31T00:01:30Z, in 90 s");
  });

  test("how the try before went, of one that tries again", () => {
    const failed = transaction({ error: { code: "X", message: "it broke" } });
    const again = device("pending", { transaction: failed, target: failed.target });
    assert.equal(told(again).before, "it broke");
    assert.equal("before" in told({ ...again, sync: "failed" }), false, "that is the failure itself");
    assert.equal("before" in told({ ...again, target: PACKET }), false, "that was for something else");
  });

  test("that its clock is off", () => {
    const said = (clockOff: number) => told(device("in-sync", { clockOff })).clock;
    assert.match(said(-90 * DAY) ?? "", /^90 days behind the server; set whichever clock/);
    assert.match(said(600_000) ?? "", /^10 minutes ahead of the server/);
    assert.equal("clock" in told(device("in-sync")), false);
    const { rows } = deviceTable([device("in-sync", { clockOff: 600_000 })], ["clock"], 0);
    assert.match(JSON.stringify(rows), /10 minutes ahead/);
  });

  test("how far it is on its way", () => {
    const preparing = { target: TARGET, revision: 5, bytes: 3 * 2 ** 19, total: 2 ** 22 };
    assert.equal(told(device("pending", { preparing })).now, "fetched 1.5 of 4.0 MiB");
    const unknown = device("pending", { preparing: { target: TARGET, revision: 5 } });
    assert.equal(told(unknown).now, "preparing");
    assert.equal("now" in told(device("pending")), false);
    const begun = device("pending", { preparing: { ...preparing, ended: NOW } });
    assert.match(told(begun).now ?? "", /^changing since 2026-01-31T00:00:00Z, not heard since$/);
    assert.match(JSON.stringify(deviceTable([begun], ["sync"], 0).rows), /pending, changes/);
    const waiting = { revision: 5, why: "no window is open", until: Date.UTC(2026, 0, 31) };
    const waits = device("pending", { waiting, nextTry: 9 });
    assert.equal(told(waits).now, "waits until 2026-01-31T00:00:00Z: no window is open");
    assert.equal("nextTry" in told(waits), false);
    const { rows } = deviceTable([device("pending", { preparing }), unknown], ["sync"], 0);
    assert.deepEqual(
      rows,
      ["pending 37%", "pending"].map((text) => [{ text, tone: "doubtful" }]),
    );
  });

  test("when it may change", () => {
    const windows = [
      [
        { from: "22:00", to: "06:00" },
        { from: "12:00", to: "13:00", zone: "UTC" },
      ],
      [{ from: "01:00", to: "02:00" }],
    ];
    const one = { ...device("pending"), effective: { apps: [], policy: {}, windows } };
    assert.equal(
      told(one).mayChange,
      "22:00-06:00 device time or 12:00-13:00 UTC, and 01:00-02:00 device time",
    );
    assert.equal("mayChange" in told(device("pending")), false);
  });

  test("a problem says why, and its hint what to do", () => {
    const problem = { code: "NO_PACKET_FULFILS", message: "no packet fulfils vpn", hint: "upload one" };
    const { why, whatToDo } = told(device("unsatisfiable", { problem }));
    assert.deepEqual([why, whatToDo], [problem.message, problem.hint]);
    const { hint: _, ...bare } = problem;
    assert.match(told(device("unsatisfiable", { problem: bare })).whatToDo, /explain --id device-1/);
  });

  test("a failure is shown while it counts, and no longer", () => {
    const failed = { transaction: transaction() };
    const [first] = told(device("failed", failed)).failure ?? [];
    assert.equal(first, "device-1: failed at: run postinst of vpn");
    assert.equal(told(device("pending", failed)).failure, undefined);
  });

  test("the steps that come next, with what they cost; nothing when there are none", () => {
    const steps = [{ kind: "unpack", app: "vpn", packet: PACKET }] as const;
    const plan = { ...NO_PLAN, steps: [...steps], bytes: 7, packets: { [PACKET]: ["v1"] } };
    const { next, bytesToFetch } = told(device("pending"), plan);
    assert.deepEqual([next, bytesToFetch], [["unpack vpn [v1]"], 7]);
    const idle = told(device("in-sync", { target: TARGET }));
    assert.equal("next" in idle || "bytesToFetch" in idle, false);
    assert.equal("bytesToFetch" in told(device("pending"), { ...plan, bytes: null }), false);
  });
});
