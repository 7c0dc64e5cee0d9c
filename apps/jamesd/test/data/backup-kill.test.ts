import assert from "node:assert/strict";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  bundledScript,
  compileOf,
  IS_WHOLE,
  injecting,
  killAtCalls,
  ONE_THREAD,
  requireTool,
  runProgram,
  sweepTest,
} from "@jamesd/testkit";
import { backupData, restoreData } from "../../src/data/backup.ts";
import { blobFolder, databaseFile, unfinishedDatabase } from "../../src/data/stores.ts";
import { assertTidy, BackupFixture, EARLIER, NOW, restored, soundPackets } from "./backup-fixture.ts";

/**
 * What a copy does to the disk, and about how many kills of it are tried in a whole sweep. A file that is made but for its
 * content is seen by a kill at the call after that.
 */
const CALLS = {
  rename: 6,
  "unlink,unlinkat": 5,
  "fsync,fdatasync": 15,
  "chmod,fchmod": 10,
  "copy_file_range,sendfile": 3,
  ftruncate: 1,
  bind: 1,
  pwrite64: 13,
  mkdir: 8,
};
const KINDS = Object.keys(CALLS) as (keyof typeof CALLS)[];
const MOST = 700;
/** A new folder has 256 folders for blobs, and a new database is written page by page: the like of one kill is the next. */
const FEW = 5;
const STEPS: Readonly<Record<string, number>> = { pwrite64: 7, mkdir: 70 };

/** How many calls are between the kills that are tried, behind the first few. */
const stepOf = (calls: string): number => STEPS[calls] ?? 1;

/** Which call the i-th of those kills is at. */
const callOf = (calls: string, i: number): number => (i <= FEW ? i : FEW + (i - FEW) * stepOf(calls));

const RUNNER = await bundledScript(join(import.meta.dirname, "backup-runner.ts"));

/** Runs one verb, killed at its n-th call; false when it came to its end. */
async function isKilledAt(calls: string, n: number, words: readonly string[]): Promise<boolean> {
  const strace = injecting(`${calls}:signal=KILL:when=${n}`);
  const command = [...strace, process.execPath, RUNNER, ...words];
  const { code, signal, stdout, stderr } = await runProgram(command, { env: ONE_THREAD });
  if (signal === "SIGKILL" || code === 137) return true;
  assert.deepEqual([code, stdout], [0, "copied\n"], stderr);
  return false;
}

/** Kills at each call in turn, each time in a folder as `prepare` makes it, and looks at what is left. Gives how often. */
async function sweep(
  label: string,
  prepare: () => readonly string[],
  look: (where: string, isKilled: boolean) => Promise<void>,
): Promise<string> {
  await compileOf(RUNNER, ...prepare());
  const plan = (calls: keyof typeof CALLS) => ({
    stride: CALLS[calls],
    most: FEW + Math.floor((MOST - FEW) / stepOf(calls)),
    enough: 1,
  });
  const kills = await killAtCalls(label, KINDS, plan, async (calls, i) => {
    const n = callOf(calls, i);
    const isKilled = await isKilledAt(calls, n, prepare());
    await look(`${calls} ${n}`, isKilled);
    return isKilled;
  });
  return [...kills].map(([calls, count]) => `${calls}: ${count}`).join("; ");
}

const skip = requireTool("strace");

sweepTest(
  "a backup that is killed at any call leaves the earlier one or is complete; the next repairs it",
  {
    skip,
  },
  async (t) => {
    await using fixture = await BackupFixture.make();
    const backup = join(fixture.dir, "backup");
    const seen = new Set<string>();
    const kills = await sweep(
      "backup",
      () => {
        rmSync(backup, { recursive: true, force: true });
        cpSync(fixture.earlier, backup, { recursive: true });
        return ["backup", fixture.data, backup];
      },
      async (where, isKilled) => {
        const left = await restored(backup);
        assert.ok(
          left?.join() === NOW.join() || (isKilled && left?.join() === EARLIER.join()),
          `${where}: ${left}`,
        );
        seen.add(left.join());
        await backupData(fixture.data, backup);
        assert.deepEqual(await soundPackets(backup), NOW, where);
        assertTidy(backup, NOW);
      },
    );
    t.diagnostic(kills);
    if (IS_WHOLE)
      assert.equal(seen.size, 2, "kills before and after the new backup was complete were both seen");
  },
);

sweepTest(
  "a first backup that is killed at any call is none, or is complete; the next one repairs it",
  {
    skip,
  },
  async (t) => {
    await using fixture = await BackupFixture.make();
    const backup = join(fixture.dir, "first", "backup");
    const kills = await sweep(
      "first backup",
      () => {
        rmSync(join(fixture.dir, "first"), { recursive: true, force: true });
        return ["backup", fixture.data, backup];
      },
      async (where, isKilled) => {
        const left = await restored(backup);
        assert.ok(left?.join() === NOW.join() || (isKilled && left === undefined), `${where}: ${left}`);
        await backupData(fixture.data, backup);
        assert.deepEqual(await soundPackets(backup), NOW, where);
        assertTidy(backup, NOW);
      },
    );
    t.diagnostic(kills);
  },
);

sweepTest(
  "a restore that is killed at any call made no data folder, or all of it, and leaves the backup as it is",
  {
    skip,
  },
  async (t) => {
    await using fixture = await BackupFixture.make();
    const { earlier } = fixture;
    const data = join(fixture.dir, "restored");
    const kills = await sweep(
      "restore",
      () => {
        rmSync(data, { recursive: true, force: true });
        return ["restore", earlier, data];
      },
      async (where, isKilled) => {
        if (!existsSync(databaseFile(data))) {
          assert.ok(isKilled, where);
          // What has begun is no new folder to a server.
          assert.ok(existsSync(unfinishedDatabase(data)) || !existsSync(blobFolder(data)), where);
          await restoreData(earlier, data);
        }
        assert.deepEqual(await soundPackets(data), EARLIER, where);
        assertTidy(data, EARLIER);
        assert.deepEqual(await restored(earlier), EARLIER, where);
      },
    );
    t.diagnostic(kills);
  },
);
