import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Packet } from "@jamesd/model";
import {
  compileOf,
  IS_WHOLE,
  injecting,
  killAtCalls,
  ONE_THREAD,
  pick,
  readTree,
  requireTool,
  runProgram,
  sweepTest,
  type TreeEntry,
} from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";
import { CHILD, writeJob } from "./job.ts";

/** What a transaction does to the disk, in system calls, and about how many of them there are. */
const CALLS = {
  rename: 21,
  mkdir: 13,
  rmdir: 8,
  "unlink,unlinkat": 20,
  symlink: 1,
  "chmod,fchmod": 10,
  lchown: 4,
  fsync: 34,
};
const KINDS = Object.keys(CALLS) as (keyof typeof CALLS)[];
const MOST = 80;

type Tree = Record<string, TreeEntry>;

/** Starts the child, killed at its n-th call; gives the signal it ended with, null when it came to its end. */
async function killedAt(dir: string, calls: string, n: number): Promise<string | null> {
  const [first = ""] = calls.split(",");
  const strace = injecting(`${calls}:signal=KILL:when=${n}`);
  const { code, signal, stderr } = await runProgram([...strace, process.execPath, CHILD, dir], {
    env: ONE_THREAD,
  });
  if (signal === "SIGKILL" || code === 137) return "SIGKILL";
  assert.equal(code, 0, `${first} ${n}: ${stderr}`);
  return null;
}

interface Case {
  readonly bench: Bench;
  readonly shelf: Shelf;
  readonly wanted: readonly Packet[];
}

/** An upgrade of one app, a removal and an installation in one plan, with scripts, new, gone and changed directories. */
async function makeCase(): Promise<Case> {
  const bench = new Bench();
  const shelf = new Shelf();
  const note = (text: string) => `echo ${text} >> "$JAMES_ROOT/../log"\n`;
  const v1 = shelf.add(
    "app",
    { "etc/app.conf": "1\n", "opt/old/x": "x\n", "opt/l": { link: "old" } },
    { prerm: note("prerm"), postinst: note("postinst") },
  );
  const gone = shelf.add("gone", { "opt/gone/file": "gone\n" });
  const v2 = shelf.add(
    "app",
    { "etc/app.conf": "2\n", "opt/new/y": "y\n", "opt/l": { link: "new" } },
    { preinst: note("preinst"), postinst: note("postinst-2") },
  );
  const come = shelf.add("come", { "srv/come": { text: "come\n", mode: 0o755 } });
  const device = await bench.open();
  await device.carryOut(planFor([], [v1, gone], shelf), shelf, NEVER);
  const plan = planFor(device.installed, [v2, come], shelf, 2);
  writeJob(bench, shelf, plan);
  const made = { bench, shelf, wanted: [v2, come] };
  using unharmed = copyOf(made);
  await compileOf(CHILD, unharmed.dir);
  return made;
}

/** A copy of the case, to be killed in. */
function copyOf(original: Case): Bench {
  const copy = new Bench();
  cpSync(original.bench.dir, copy.dir, { recursive: true, verbatimSymlinks: true, force: true });
  return copy;
}

function installedIn(dir: string): string {
  return JSON.parse(readFileSync(join(dir, "state/state.json"), "utf8"))
    .apps.map((app: { name: string }) => app.name)
    .join();
}

/** After recovery the device must be at the old or the new state, and say which. */
async function assertOldOrNew(bench: Bench, trees: { old: Tree; new: Tree }, where: string): Promise<void> {
  await bench.open();
  const isNew = installedIn(bench.dir) === "app,come";
  assert.deepEqual(readTree(bench.root), isNew ? trees.new : trees.old, `${where}: ${isNew ? "new" : "old"}`);
  assert.ok(
    !existsSync(join(bench.state, "journal")) && !existsSync(join(bench.state, "staging")),
    `${where}: leftovers`,
  );
}

sweepTest(
  "killed at any system call of a transaction, a device is exactly at the old or at the new state",
  {
    skip: requireTool("strace"),
  },
  async () => {
    const original = await makeCase();
    using _ = original.bench;
    using finished = copyOf(original);
    const device = await finished.open();
    const trees = { old: readTree(original.bench.root), new: {} as Tree };
    await device.carryOut(
      planFor(device.installed, original.wanted, original.shelf, 2),
      original.shelf,
      NEVER,
    );
    trees.new = readTree(finished.root);
    assert.notDeepEqual(trees.new, trees.old);

    const outcomes = new Set<string>();
    const plan = (calls: keyof typeof CALLS) => ({ stride: CALLS[calls], most: MOST, enough: 1 });
    const kills = await killAtCalls("transaction", KINDS, plan, async (calls, n) => {
      using bench = copyOf(original);
      const killed = await killedAt(bench.dir, calls, n);
      await assertOldOrNew(bench, trees, `${calls} ${n}`);
      outcomes.add(installedIn(bench.dir));
      if (killed === null) return false;
      const again = await bench.open();
      if (installedIn(bench.dir) !== "app,come")
        await again.carryOut(
          planFor(again.installed, original.wanted, original.shelf, 2),
          original.shelf,
          NEVER,
        );
      assert.deepEqual(readTree(bench.root), trees.new, `${calls} ${n}: goes on to the new state`);
      return true;
    });
    for (const [calls, count] of kills) assert.ok(count > 0, `${calls} is called at all`);
    const both = ["app,come", "app,gone"];
    if (IS_WHOLE)
      assert.deepEqual([...outcomes].sort(), both, "kills before and after the commit were both seen");
  },
);

sweepTest(
  "killed while recovering, again and again, a device comes back to the old state",
  {
    skip: requireTool("strace"),
  },
  async () => {
    const original = await makeCase();
    using _ = original.bench;
    const old = readTree(original.bench.root);
    let recoveries = 0;
    const tryAt = async (n: number): Promise<boolean> => {
      using half = copyOf(original);
      if ((await killedAt(half.dir, "rename", n)) === null) return false;
      // Before the journal says `begin` there is nothing to undo.
      if (
        !existsSync(join(half.state, "journal")) ||
        !readFileSync(join(half.state, "journal"), "utf8").includes('"begin"')
      )
        return true;
      for (const calls of pick(`rename ${n}`, ["rename", "mkdir", "rmdir", "unlink,unlinkat", "fsync"], 2)) {
        using bench = new Bench();
        cpSync(half.dir, bench.dir, { recursive: true, verbatimSymlinks: true, force: true });
        // Each start is killed a little later than the one before, or at the same place.
        for (let k = 1; k <= 6; k++) if ((await killedAt(bench.dir, calls, k)) === null) break;
        await bench.open();
        const tree = readTree(bench.root);
        if (installedIn(bench.dir) !== "app,gone") continue;
        assert.deepEqual(tree, old, `rename ${n}, then ${calls}`);
        recoveries += 1;
      }
      return true;
    };
    await killAtCalls("the first kill", ["rename"], { stride: 18, most: MOST }, (_, n) => tryAt(n));
    // A sample may have had none that left something.
    for (let n = 1; recoveries === 0; n += 1) assert.ok(await tryAt(n), "some kills left something to undo");
    if (IS_WHOLE) assert.ok(recoveries > 20, "many kills left something to undo");
  },
);
