import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { memoryFolder, readTree, runProgram } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";
import { CHILD, writeJob } from "./job.ts";

/** A device that was killed by its own postinst, after its files were in place. */
async function cutDevice(bench: Bench, scripts: { prerm?: string }): Promise<{ shelf: Shelf }> {
  const shelf = new Shelf();
  const app = shelf.add("app", { app: "1\n" }, { postinst: "kill -9 $PPID; sleep 5\n", ...scripts });
  writeJob(bench, shelf, planFor([], [app], shelf));
  await runProgram([process.execPath, CHILD, bench.dir]);
  assert.ok(existsSync(join(bench.root, "app")), "it is in between");
  return { shelf };
}

function appendRecord(bench: Bench, record: object): void {
  const json = JSON.stringify(record);
  appendFileSync(join(bench.state, "journal"), `${sha256(json).slice(0, 16)} ${json}\n`);
}

function journal(bench: Bench): string {
  return readFileSync(join(bench.state, "journal"), "utf8");
}

test("a counterpart that kills the agent every time is passed over after three tries", async () => {
  using bench = new Bench();
  const before = readTree(bench.root);
  await cutDevice(bench, { prerm: 'echo again >> "$JAMES_ROOT/../tries"; kill -9 $PPID; sleep 5\n' });
  let starts = 0;
  while (existsSync(join(bench.state, "journal")) && starts < 10) {
    starts += 1;
    await runProgram([process.execPath, CHILD, bench.dir, "recover"]);
  }
  assert.equal(starts, 4);
  assert.equal(readFileSync(join(bench.dir, "tries"), "utf8").trim().split("\n").length, 3);
  assert.deepEqual(readTree(bench.root), before);
});

test("recovery that was cut ten times stops, says so, and goes on when an operator asks", async () => {
  using bench = new Bench();
  const { shelf } = await cutDevice(bench, {});
  for (let i = 0; i < 10; i += 1) appendRecord(bench, { record: "rollback" });
  const held = readFileSync(join(bench.state, "journal"));
  const device = await bench.open();
  const report = device.pendingReport();
  assert.equal(report?.outcome, "stuck");
  assert.equal(report?.error?.code, "RECOVERY_STOPPED");
  assert.deepEqual(readFileSync(join(bench.state, "journal")), held, "nothing is tried any more");
  await device.acknowledgeReport(report?.id ?? "");
  assert.equal(device.pendingReport(), undefined);

  const other = shelf.add("other", { other: "1\n" });
  const plan = planFor([], [other], shelf, 2);
  assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "stuck", "another plan changes nothing");
  const wished = { ...plan, retry: report?.id ?? "" };
  assert.equal((await device.carryOut(wished, shelf, NEVER)).outcome, "committed");
  assert.deepEqual(Object.keys(readTree(bench.root)), ["other"]);
});

/** A device's own staging folder that is gone is missed: in memory as well, where only its journal could go with it. */
const PLACES = { "where tests have their files": undefined, "in memory": "jamesc-stuck-" };

for (const [where, prefix] of Object.entries(PLACES))
  test(`a clean failure to undo is tried again without end, and does not count as a crash: ${where}`, async () => {
    using bench = new Bench(prefix && memoryFolder(prefix));
    const before = readTree(bench.root);
    await cutDevice(bench, {});
    const staging = join(bench.state, "staging");
    renameSync(staging, `${staging}-away`);
    for (let i = 0; i < 12; i += 1) {
      const device = await bench.open();
      assert.equal(device.pendingReport()?.error?.code, "ROLLBACK_FAILED", `try ${i}`);
    }
    assert.equal(journal(bench).match(/"stuck"/g)?.length, 12);
    rmSync(staging, { recursive: true, force: true });
    renameSync(`${staging}-away`, staging);
    const device = await bench.open();
    assert.equal(device.stuck, undefined);
    assert.deepEqual(readTree(bench.root), before);
    assert.equal(device.pendingReport()?.outcome, "rolled-back");
  });
