import assert from "node:assert/strict";
import { test } from "node:test";
import { printResult } from "@jamesd/config/print";
import type { Rollout } from "@jamesd/protocol";
import { rolloutDeviceTable, rolloutDeviceView } from "../../src/views/rollout-devices.ts";
import { infoView, progressText, rolloutResult, rolloutTable } from "../../src/views/rollout-text.ts";
import { ROLLOUT } from "../rollout.ts";

const text = async (rollout: Rollout): Promise<readonly string[]> => {
  const { head = [], foot = [], ...result } = rolloutResult(rollout);
  return [...head, ...(await printResult(result, "table")).trimEnd().split("\n"), ...foot];
};
const next = async (changed: Partial<Rollout>): Promise<string | undefined> =>
  (await text({ ...ROLLOUT, ...changed })).at(-1);

test("a rollout is told with its waves, how far each is, and what is next", async () => {
  assert.deepEqual(await text(ROLLOUT), [
    'rollout 42  running, wave 2 of 3, baking 11m of 15m   alice: "openvpn 1.0.0"',
    "spec vpn, 40 -> 42; success 95%, failures 5%, silence 1h, on failure pause",
    "WAVE  WHO     DEVICES  DONE  BUSY  FAILED  SILENT  UNREACHED",
    "1     canary  12       12    0     0       0       0          passed 2026-01-31T11:10:00Z",
    "2     10%     988      961   0     20      2       5          open since 2026-01-31T11:10:00Z",
    "3     100%    9000",
    "next: wave 3 in 4m unless more than 49 fail",
  ]);
});

test("what is next depends on how it stands", async () => {
  const coming = { wave: 3, inMs: null, needsApproval: true, mayFail: 49 };
  assert.equal(
    await next({ next: coming }),
    "next: wave 3 when 95% of those reached are done and somebody approves it, unless more than 49 fail",
  );
  assert.equal(
    await next({ next: { ...coming, needsApproval: false, inMs: 1000, mayFail: 0 } }),
    "next: wave 3 in 1s unless one fails",
  );
  assert.equal(
    await next({ next: { ...coming, inMs: 1000 } }),
    "next: wave 3 in 1s when somebody approves it unless more than 49 fail",
  );
  assert.equal(
    await next({ next: { wave: null, inMs: 30_000, needsApproval: false, mayFail: 49 } }),
    "next: finished in 30s unless more than 49 fail",
  );
  assert.equal(
    await next({ status: "waiting", next: coming }),
    "next: wave 3 when somebody approves it, with approve-rollout --revision 42",
  );
  const paused = { status: "paused", stepAuthor: "bob", stepMessage: "looks odd" };
  const decides = "resume-rollout, promote-rollout or revert-rollout --revision 42 decides";
  assert.equal(await next(paused), `paused by bob at 2026-01-31T11:10:00Z: looks odd; ${decides}`);
  assert.equal(
    await next({ ...paused, trouble: "breach", stepMessage: "" }),
    `paused at 2026-01-31T11:10:00Z because more devices failed than may; ${decides}`,
  );
  assert.match((await next({ status: "finished" })) ?? "", /^finished at 2026-01-31T11:10:00Z: everybody/);
  assert.equal(
    await next({ status: "reverted", endedBy: 45, stepAuthor: "bob" }),
    "reverted by bob at 2026-01-31T11:10:00Z",
  );
});

test("of one that is over it is told when its waves were opened", async () => {
  const lines = await text({ ...ROLLOUT, status: "reverted", endedBy: 45, next: null, baking: null });
  assert.equal(lines[0], 'rollout 42  reverted by 45   alice: "openvpn 1.0.0"');
  assert.match(lines[4] ?? "", / {2}opened 2026-01-31T11:10:00Z$/);
});

test("a new spec, excused devices, a packet, and what later servers say are told as well", async () => {
  const [wave] = ROLLOUT.perWave;
  assert.ok(wave);
  const lines = await text({
    ...{ ...ROLLOUT, status: "thawing", message: "", baking: null },
    documents: [{ kind: "spec", id: "new", stable: 0 }],
    perWave: [{ ...wave, devices: null, excused: 3, counts: null }],
  });
  assert.equal(lines[0], "rollout 42  thawing, wave 2 of 3   alice");
  assert.match(lines[1] ?? "", /^spec new, new -> 42; /);
  assert.match(lines[3] ?? "", /^1 +canary +- +passed 2026-01-31T11:10:00Z, 3 excused$/);
  const packet = await text({ ...ROLLOUT, documents: [], packet: "a".repeat(64) });
  assert.match(packet[1] ?? "", /^packet a{8,}; /);
});

test("rollouts in a list, and one in a line", async () => {
  const over = {
    ...ROLLOUT,
    revision: 40,
    status: "reverted",
    trouble: "breach",
    endedBy: 41,
    message: "",
    counts: null,
  };
  assert.deepEqual(
    (await printResult({ data: [], table: rolloutTable([ROLLOUT, over]) }, "table")).split("\n"),
    [
      "REVISION  STATUS                                         BEGAN                 AUTHOR  SPREADS             DEVICES                                     MESSAGE",
      "42        running, wave 2 of 3                           2026-01-31T11:00:00Z  alice   spec vpn, 40 -> 42  973 done, 20 failed, 2 silent, 5 unreached  openvpn 1.0.0",
      "40        reverted by 41 (more devices failed than may)  2026-01-31T11:00:00Z  alice   spec vpn, 40 -> 40  1000 admitted                               -",
      "",
    ],
  );
  assert.equal(infoView(ROLLOUT).began, "2026-01-31T11:00:00Z");
  assert.equal(
    progressText(ROLLOUT),
    "rollout 42 running, wave 2 of 3, 961 done, 0 busy, 20 failed, 2 silent, 5 unreached",
  );
});

test("devices of waves are told with their states and why", async () => {
  const problem = { code: "HEALTHCHECK_FAILED", message: "no answer" };
  const device = {
    id: "d",
    wave: 2,
    progress: "failed",
    excused: false,
    connected: true,
    lastSeen: 0,
    problem,
  };
  const excused = { ...device, id: "e", excused: true, connected: false, problem: null };
  const never = {
    ...device,
    id: "f",
    progress: "unreached",
    connected: false,
    lastSeen: null,
    problem: null,
  };
  assert.deepEqual(rolloutDeviceTable([device, excused, never]).rows, [
    ["d", "2", "failed", "connected", "no answer"],
    ["e", "2", "failed, excused", "1970-01-01T00:00:00Z", "-"],
    ["f", "2", "unreached", "never", "-"],
  ]);
  const { state, lastSeen } = rolloutDeviceView(device);
  assert.deepEqual([state, lastSeen], ["failed", "1970-01-01T00:00:00Z"]);
});
