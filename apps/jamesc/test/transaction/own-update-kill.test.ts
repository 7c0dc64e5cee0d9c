import assert from "node:assert/strict";
import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  compileOf,
  injecting,
  killAtCalls,
  ONE_THREAD,
  readTree,
  requireTool,
  runProgram,
  sweepTest,
} from "@jamesd/testkit";
import { LAUNCHER } from "../../src/launcher.ts";
import type { Start } from "../../src/transaction/index.ts";
import { Bench, NEVER, ownProgram, planFor, Shelf } from "./fixture.ts";
import { CHILD, writeJob } from "./job.ts";

const PATH = "usr/bin/agent";
const CALLS = ["rename", "fsync", "unlink,unlinkat", "mkdir"];
const MOST = 60;

/** An agent that says which one it is and by whom it was started; it passes its test. */
const agent = (name: string) => `#!/bin/sh\necho "${name} $JAMESC_START"\n`;

/** A device whose agent is a packet, and in its folder the job to replace it. */
async function makeCase(): Promise<Bench> {
  const bench = new Bench();
  const shelf = new Shelf();
  const [one, two] = ["old", "new"].map((name) =>
    shelf.add("agent", { [PATH]: agent(name) }, {}, { agent: true }),
  );
  assert.ok(one && two);
  const device = await bench.open();
  await device.carryOut(planFor([], [one], shelf), shelf, NEVER);
  writeJob(bench, shelf, planFor(device.installed, [two], shelf, 2), PATH);
  writeFileSync(join(bench.dir, "launch"), LAUNCHER);
  using unharmed = copyOf(bench);
  await compileOf(CHILD, unharmed.dir);
  return bench;
}

/** A copy of the case, to be killed in. */
function copyOf(original: Bench): Bench {
  const copy = new Bench();
  cpSync(original.dir, copy.dir, { recursive: true, verbatimSymlinks: true, force: true });
  return copy;
}

/** Starts the child, killed at its n-th call; whether it was. */
async function isKilledAt(dir: string, calls: string, n: number): Promise<boolean> {
  const strace = injecting(`${calls}:signal=KILL:when=${n}`);
  const { code, signal, stderr } = await runProgram([...strace, process.execPath, CHILD, dir], {
    env: ONE_THREAD,
  });
  if (signal === "SIGKILL" || code === 137) return true;
  assert.equal(code, 0, stderr);
  return false;
}

sweepTest(
  "killed at any system call of an update of itself, an agent that works is started, and ends it",
  { skip: requireTool("strace") },
  async () => {
    using original = await makeCase();
    const before = readTree(original.root);
    await killAtCalls("own update", CALLS, { stride: 16, most: MOST }, async (calls, n) => {
      using bench = copyOf(original);
      const isKilled = await isKilledAt(bench.dir, calls, n);
      const where = `${calls} ${n}`;

      const file = join(bench.root, PATH);
      const launch = ["sh", join(bench.dir, "launch"), bench.state, "/bin/sh", file, "--flag"];
      const { stdout, stderr } = await runProgram(launch);
      const [name, start = ""] = stdout.trim().split(/[ :]/);
      assert.ok(name, `${where}: ${stderr}`);
      const isSwitched = existsSync(join(bench.state, "trial/switched"));
      assert.equal(name, isSwitched ? "new" : "old", where);

      const device = await bench.open({ own: { ...ownProgram(file), start: start as Start } });
      assert.equal(device.stuck, undefined, where);
      assert.equal(device.revision, isSwitched ? 2 : 1, where);
      if (!isSwitched) assert.deepEqual(readTree(bench.root), before, where);
      for (const left of ["trial", "journal"])
        assert.ok(!existsSync(join(bench.state, left)), `${where}: ${left}`);
      return isKilled;
    });
  },
);
