import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree } from "@jamesd/testkit";
import { tryUntil } from "../../../src/transaction/switch/confirm.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";
import { CHILD, writeJob } from "../job.ts";

const HOUR = { confirm: { connectivity: 3600 } };
const SECOND = { confirm: { connectivity: 1 } };

test("a healthcheck that succeeds at the third try lets the transaction commit; one report tells the last try", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const healthcheck =
    'echo try >> "$JAMES_ROOT/../tries"; test -f "$JAMES_ROOT/app" && test $(wc -l < "$JAMES_ROOT/../tries") = 3\n';
  const app = shelf.add("app", { app: "1\n" }, { healthcheck });
  const result = await (await bench.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(result.outcome, "committed", result.error?.message);
  assert.deepEqual(
    result.scripts.map(({ script, exitCode }) => [script, exitCode]),
    [["healthcheck", 0]],
  );
});

test("a healthcheck that never succeeds undoes the transaction, with its step and last words", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open({ healthcheckTimeoutMs: 3000 });
  const v1 = shelf.add("app", { app: "1\n" });
  await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  const v2 = shelf.add(
    "app",
    { app: "2\n" },
    { healthcheck: "echo no port 80; exit 7\n", prerm: "touch prerm-ran\n" },
  );
  const result = await device.carryOut(planFor(device.installed, [v2], shelf, 2), shelf, NEVER);
  assert.equal(result.outcome, "rolled-back");
  assert.equal(result.error?.code, "HEALTHCHECK_FAILED");
  assert.deepEqual(result.error?.step, {
    kind: "script",
    script: "healthcheck",
    app: "app",
    packet: v2.digest,
  });
  assert.match(result.error?.hint ?? "", /^Mend it.*no port 80$/);
  assert.equal(result.scripts.find(({ script }) => script === "healthcheck")?.exitCode, 7);
  assert.equal(readFileSync(join(bench.root, "app"), "utf8"), "1\n");
  assert.ok(!existsSync(join(bench.root, "prerm-ran")), "a healthcheck has no counterpart");
});

test("no try is begun in the last moment, where it could only be killed", async () => {
  for (let i = 0; i < 10; i += 1) {
    const failure = new Error("not yet");
    let tries = 0;
    const attempt = async (): Promise<void> => {
      tries += 1;
      throw failure;
    };
    assert.equal(await tryUntil(attempt, 20, NEVER), failure);
    assert.equal(tries, 1);
  }
});

test("a healthcheck that hangs is ended by its own time limit", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add("app", { app: "1\n" }, { healthcheck: "sleep 1000\n" });
  const device = await bench.open({ healthcheckTimeoutMs: 300 });
  const result = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(result.error?.code, "HEALTHCHECK_FAILED");
  assert.equal(result.scripts[0]?.signal, "SIGTERM");
});

test("connectivity asked for by a packet or by the desired state is proved before the commit", async () => {
  const cases = [
    { packet: HOUR, desired: {}, reaches: 1 },
    { packet: {}, desired: HOUR, reaches: 1 },
    { packet: {}, desired: {}, reaches: 0 },
  ];
  for (const { packet, desired, reaches } of cases) {
    using bench = new Bench();
    const shelf = new Shelf();
    const app = shelf.add("app", { app: "1\n" }, {}, { policy: packet });
    const device = await bench.open();
    const plan = planFor([], [app], shelf, 1, { policy: desired });
    assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "committed");
    assert.equal(shelf.reaches, reaches);
  }
});

test("a packet that wants connectivity wants it when it goes, too", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const vpn = shelf.add("vpn", { vpn: "1\n" }, {}, { policy: SECOND });
  const device = await bench.open();
  await device.carryOut(planFor([], [vpn], shelf), shelf, NEVER);
  shelf.isReachable = false;
  const result = await device.carryOut(planFor(device.installed, [], shelf, 2), shelf, NEVER);
  assert.equal(result.error?.code, "CONNECTIVITY_LOST");
  assert.equal(readFileSync(join(bench.root, "vpn"), "utf8"), "1\n");
});

test("a device that lost the server by its update comes back by itself, and says so", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open();
  const v1 = shelf.add("vpn", { "etc/vpn.conf": "1\n" });
  await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  const before = readTree(bench.root);
  const v2 = shelf.add("vpn", { "etc/vpn.conf": "2\n" });
  shelf.isReachable = false;
  const plan = planFor(device.installed, [v2], shelf, 2, { policy: SECOND });
  const result = await device.carryOut(plan, shelf, NEVER);
  assert.equal(result.error?.code, "CONNECTIVITY_LOST");
  assert.ok(shelf.reaches > 1, "it was tried more than once");
  assert.deepEqual(readTree(bench.root), before);
  assert.equal(device.pendingReport()?.id, result.id);
});

test("an agent that is stopped while it waits for a proof undoes what it did", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  shelf.isReachable = false;
  const stop = new AbortController();
  const app = shelf.add("app", { app: "1\n" }, {}, { policy: HOUR });
  const device = await bench.open({
    log: ({ event }) => {
      if (event === "confirm") setTimeout(() => stop.abort(), 50);
    },
  });
  const result = await device.carryOut(planFor([], [app], shelf), shelf, stop.signal);
  assert.equal(result.error?.code, "TRANSACTION_INTERRUPTED");
  assert.ok(!existsSync(join(bench.root, "app")));
  assert.equal((await bench.open()).pendingReport()?.outcome, "rolled-back");
});

test("killed while it waits for a proof, a device is at the old state after the next start", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add("app", { app: "1\n" }, { healthcheck: "kill -9 $PPID; sleep 5\n" });
  writeJob(bench, shelf, planFor([], [app], shelf));
  const child = spawnSync(process.execPath, [CHILD, bench.dir]);
  assert.equal(child.signal, "SIGKILL", String(child.stderr));
  assert.ok(existsSync(join(bench.root, "app")), "it was in the middle");
  const device = await bench.open();
  assert.ok(!existsSync(join(bench.root, "app")));
  assert.equal(device.pendingReport()?.error?.code, "TRANSACTION_INTERRUPTED");
});
