import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, runProgram } from "@jamesd/testkit";
import type { JournalRecord } from "../../../src/transaction/journal/journal-record.ts";
import { formatRecord } from "../../../src/transaction/journal/parse-journal.ts";
import { Life, type Point } from "../faults/life.ts";
import "../faults/calls.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";
import { CHILD, writeJob } from "../job.ts";

interface Cut {
  readonly shelf: Shelf;
  /** The install root before the update. */
  readonly before: object;
}

/** A device that was killed by a script in the middle of an update: new files are there, old ones set aside. */
async function cutDevice(bench: Bench): Promise<Cut> {
  const shelf = new Shelf();
  const device = await bench.open();
  const v1 = shelf.add("app", { app: "1\n", gone: "1\n" });
  await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  const before = readTree(bench.root);
  const v2 = shelf.add("app", { app: "2\n", came: "2\n" }, { postinst: "kill -9 $PPID; sleep 5\n" });
  writeJob(bench, shelf, planFor(device.installed, [v2], shelf, 2));
  await runProgram([process.execPath, CHILD, bench.dir]);
  assert.deepEqual(Object.keys(readTree(bench.root)), ["app", "came"], "it is in between");
  return { shelf, before };
}

function file(bench: Bench, name: string): string {
  return join(bench.state, name);
}

function edit(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

/** Makes of state.json what the first jamesc wrote, and of the journal. */
function writeAsFirst(bench: Bench): void {
  edit(file(bench, "state.json"), (text) => {
    const { checksum: _, begun: __, ...state } = JSON.parse(text);
    return `${JSON.stringify(state)}\n`;
  });
  edit(file(bench, "journal"), (text) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => {
        const { format: _, ...record } = JSON.parse(line.slice(17));
        return formatRecord(record as JournalRecord);
      })
      .join(""),
  );
}

const LOSSES: { readonly [what: string]: (journal: string) => void } = {
  removed: (journal) => rmSync(journal),
  emptied: (journal) => writeFileSync(journal, ""),
  "cut before begin": (journal) => edit(journal, (text) => text.slice(0, text.indexOf("\n") + 1)),
  "cut in begin": (journal) => edit(journal, (text) => text.slice(0, text.indexOf('"operations"'))),
  "flipped in begin": (journal) => edit(journal, (text) => text.replace('"begin"', '"begio"')),
  "flipped in its first line": (journal) => edit(journal, (text) => text.replace('"stage"', '"stagf"')),
};

for (const [what, lose] of Object.entries(LOSSES))
  for (const age of ["", " of the first jamesc"])
    test(`a journal${age} that was ${what} is told, and nothing is deleted; put back, it is recovered`, async () => {
      using bench = new Bench();
      const { before } = await cutDevice(bench);
      if (age !== "") writeAsFirst(bench);
      const journal = readFileSync(file(bench, "journal"));
      lose(file(bench, "journal"));
      const [root, staging] = [readTree(bench.root), readTree(file(bench, "staging"))];
      const device = await bench.open();
      assert.equal(device.stuck?.error?.code, "JOURNAL_CORRUPT");
      assert.equal(device.pendingReport()?.outcome, "stuck");
      assert.ok(device.isKnown);
      assert.deepEqual([readTree(bench.root), readTree(file(bench, "staging"))], [root, staging]);
      writeFileSync(file(bench, "journal"), journal);
      await device.recover();
      assert.equal(device.stuck, undefined);
      assert.deepEqual(readTree(bench.root), before);
      assert.equal(device.pendingReport()?.outcome, "rolled-back");
    });

test("an operator goes on without a lost journal, and what was set aside is kept", async () => {
  using bench = new Bench();
  const { shelf } = await cutDevice(bench);
  rmSync(file(bench, "journal"));
  const device = await bench.open();
  const lost = device.stuck?.id ?? "";
  const v3 = shelf.add("app", { app: "3\n" });
  const plan = planFor(device.installed, [v3], shelf, 3);
  assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "stuck", "another plan changes nothing");
  const wished = await device.carryOut({ ...plan, retry: lost }, shelf, NEVER);
  assert.equal(wished.outcome, "committed", wished.error?.message);
  assert.equal(readFileSync(join(bench.root, "app"), "utf8"), "3\n");
  const kept = readdirSync(bench.state).filter((name) => name.startsWith("staging.kept"));
  assert.deepEqual(
    kept.map((name) => Object.keys(readTree(file(bench, name))).length),
    [2],
  );
});

test("old files that nothing knows of are kept before others are staged", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open();
  await device.carryOut(planFor([], [shelf.add("app", { app: "1\n" })], shelf), shelf, NEVER);
  for (const open of [true, false]) {
    mkdirSync(file(bench, "staging"));
    writeFileSync(file(bench, "staging/old-0"), "somebody's\n");
    const next = open ? await bench.open() : device;
    const app = shelf.add("app", { app: `${open}\n` });
    const { outcome } = await next.carryOut(planFor(next.installed, [app], shelf, 2), shelf, NEVER);
    assert.equal(outcome, "committed");
  }
  const kept = readdirSync(bench.state).filter((name) => name.startsWith("staging.kept"));
  assert.equal(kept.length, 2);
  for (const name of kept)
    assert.equal(readFileSync(join(bench.state, name, "old-0"), "utf8"), "somebody's\n");
});

const CORRUPTIONS: { readonly [what: string]: (state: string) => void } = {
  "flipped in a word": (state) => edit(state, (text) => text.replace('"app"', '"apq"')),
  "flipped in its checksum": (state) => edit(state, (text) => text.replace('"checksum"', '"checksul"')),
  cut: (state) => edit(state, (text) => text.slice(0, -9)),
  emptied: (state) => writeFileSync(state, ""),
  removed: (state) => rmSync(state),
};

for (const [what, corrupt] of Object.entries(CORRUPTIONS))
  test(`a state.json that was ${what} in the middle of an update is made again from the journal`, async () => {
    using bench = new Bench();
    const { before, shelf } = await cutDevice(bench);
    corrupt(file(bench, "state.json"));
    const device = await bench.open();
    assert.equal(device.stuck, undefined, device.stuck?.error?.message);
    assert.deepEqual(readTree(bench.root), before);
    assert.deepEqual([device.installed.map(({ name }) => name), device.revision], [["app"], 1]);
    assert.equal(device.pendingReport()?.error?.code, "TRANSACTION_INTERRUPTED");
    const v3 = shelf.add("app", { app: "3\n" });
    const again = await device.carryOut(planFor(device.installed, [v3], shelf, 3), shelf, NEVER);
    assert.equal(again.outcome, "committed", again.error?.message);
  });

for (const [what, corrupt] of Object.entries(CORRUPTIONS))
  test(`a state.json that was ${what} is told without a word on what is installed; put back, it counts`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const first = await bench.open();
    const app = shelf.add("app", { app: "1\n" });
    await first.carryOut(planFor([], [app], shelf), shelf, NEVER);
    const sound = readFileSync(file(bench, "state.json"));
    corrupt(file(bench, "state.json"));
    const damaged = readTree(bench.dir);
    const device = await bench.open();
    assert.equal(device.stuck?.error?.code, "STORE_CORRUPT");
    assert.equal(device.isKnown, false);
    const report = device.pendingReport();
    assert.equal((await bench.open()).pendingReport()?.id, report?.id, "the same at every start");
    const result = await device.carryOut(planFor([], [], shelf, 2), shelf, NEVER);
    assert.equal(result.outcome, "stuck");
    assert.deepEqual(readTree(bench.dir), damaged, "nothing was touched");
    await device.acknowledgeReport(report?.id ?? "");
    assert.equal(device.pendingReport(), undefined);
    writeFileSync(file(bench, "state.json"), sound);
    await device.recover();
    assert.equal(device.stuck, undefined);
    assert.deepEqual(device.installed, first.installed);
  });

/** A device whose agent dies at a call while it clears up after an update. */
async function dyingIn(bench: Bench, isThere: (point: Point) => boolean): Promise<void> {
  const shelf = new Shelf();
  const device = await bench.open();
  const v1 = shelf.add("app", { one: "1\n", two: "1\n", three: "1\n" });
  await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  const v2 = shelf.add("app", { one: "2\n", two: "2\n", three: "2\n" });
  const life = new Life((point) => (isThere(point) ? "die" : "go on"));
  await life.run(() => device.carryOut(planFor(device.installed, [v2], shelf, 2), shelf, NEVER));
}

test("a state.json that is damaged while what was set aside is being deleted is told, and nothing is undone", async () => {
  using bench = new Bench();
  let deleted = 0;
  await dyingIn(bench, ({ call, site }) => {
    if (call === "unlinkSync" && site().includes("removeWhole")) deleted += 1;
    return deleted === 3;
  });
  assert.equal(deleted, 3);
  assert.equal(readdirSync(file(bench, "staging")).length, 1, "of three files one is left");
  edit(file(bench, "state.json"), (text) => text.replace('"committed"', '"comnitted"'));
  const there = readTree(bench.root);
  const device = await bench.open();
  assert.equal(device.stuck?.error?.code, "STORE_CORRUPT");
  assert.deepEqual(readTree(bench.root), there);
});

test("a death right behind the journal's removal leaves nothing lying about", async () => {
  using bench = new Bench();
  let isRemoved = false;
  await dyingIn(bench, ({ call, site }) => {
    if (isRemoved) return true;
    isRemoved = call === "half of rmSync" && site().includes("Journal.remove");
    return false;
  });
  assert.ok(isRemoved);
  const device = await bench.open();
  assert.equal(device.stuck, undefined);
  assert.deepEqual(
    readdirSync(bench.state).filter((name) => /staging|kept|journal/.test(name)),
    [],
  );
});
