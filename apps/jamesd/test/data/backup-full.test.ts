import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { JamesError } from "@jamesd/model";
import {
  IS_WHOLE,
  pick,
  programCommand,
  requireTool,
  runProgram,
  sh,
  skipUnless,
  sweepTest,
} from "@jamesd/testkit";
import { backupData, restoreData } from "../../src/data/backup.ts";
import { assertTidy, BackupFixture, EARLIER, NOW, restored, soundPackets } from "./backup-fixture.ts";

const skip = requireTool("mount") || skipUnless(process.getuid?.() === 0, "needs root to mount");

/** A disk in memory with little room. */
class SmallDisk implements Disposable {
  readonly path: string;

  constructor(path: string, room: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    sh("mount", "-t", "tmpfs", "-o", room, "jamesd-test", path);
  }

  makeRoom(): void {
    sh("mount", "-o", "remount,size=16M,nr_inodes=8192", this.path);
  }

  [Symbol.dispose](): void {
    sh("umount", this.path);
  }
}

/** A copy onto a small disk: what there is before, what is copied, and the packets that there are then. */
interface Case {
  readonly verb: "backup" | "restore";
  readonly isAgain?: true;
  readonly before: readonly string[] | undefined;
  readonly after: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  "a first backup": { verb: "backup", before: undefined, after: NOW },
  "a backup over an earlier one": { verb: "backup", isAgain: true, before: EARLIER, after: NOW },
  "a restore": { verb: "restore", before: undefined, after: EARLIER },
};

/** From no room at all to enough; an empty backup takes a folder for each of 256 first bytes. */
const SIZES = Array.from({ length: 45 }, (_, i) => `size=${8 * (i + 1)}K,nr_inodes=8192`);
const INODES = [2, 3, 4, 5, 6, 7, 130, ...Array.from({ length: 12 }, (_, i) => 259 + i)];
const ROOMS = [...SIZES, ...INODES.map((files) => `size=16M,nr_inodes=${files}`)];

describe("a disk is full", { skip }, () => {
  for (const [name, { verb, isAgain, before, after }] of Object.entries(CASES))
    sweepTest(`${name} says so, spoils nothing, and goes on when there is room`, {}, async (t) => {
      await using fixture = await BackupFixture.make();
      const outcomes = { full: 0, copied: 0 };
      for (const room of pick(name, ROOMS, 5)) {
        using disk = new SmallDisk(join(fixture.dir, "disk"), room);
        const to = join(disk.path, "copy");
        // With less room than the earlier backup has taken there can be none.
        if (isAgain && !copyFolder(fixture.earlier, to)) continue;
        const copy = () =>
          verb === "backup" ? backupData(fixture.data, to) : restoreData(fixture.earlier, to);
        const error = await copy().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        outcomes[error ? "full" : "copied"] += 1;
        if (error) assertFull(error, room);
        assert.deepEqual(await restored(to), error ? before : after, room);
        if (!error) continue;
        disk.makeRoom();
        await copy();
        assert.deepEqual(await soundPackets(to), after, room);
        assertTidy(to, after);
      }
      t.diagnostic(JSON.stringify(outcomes));
      if (IS_WHOLE)
        assert.ok(outcomes.full > 5 && outcomes.copied > 1, "there was too little room, and enough");
    });

  test("the program ends with a message, a hint and an exit code", async () => {
    await using fixture = await BackupFixture.make();
    const { data, earlier, dir } = fixture;
    for (const room of ["size=40K", "size=16M,nr_inodes=2", "size=16M,nr_inodes=100"]) {
      using disk = new SmallDisk(join(dir, "disk"), room);
      for (const words of [
        ["backup", "--data", data, "--output", join(disk.path, "copy")],
        ["restore", "--from", earlier, "--data", join(disk.path, "copy")],
      ]) {
        const { code, stdout, stderr } = await runProgram([...programCommand("jamesd"), ...words]);
        assert.deepEqual([code, stdout], [4, ""], stderr);
        assert.match(
          stderr,
          /^jamesd: [^\n]*\/disk\/copy[^\n]* \[STORAGE_FULL\]\n {2}hint: Make room[^\n]*\n$/,
        );
      }
    }
  });
});

/** False when there is no room for it. */
function copyFolder(from: string, to: string): boolean {
  return spawnSync("cp", ["-a", from, to]).status === 0;
}

function assertFull(error: unknown, room: string): void {
  assert.ok(error instanceof JamesError, `${room}: ${error}`);
  assert.equal(error.code, "STORAGE_FULL", `${room}: ${error.message}`);
  assert.match(error.message, /\/disk\/copy/, "it names the place");
  assert.match(error.hint ?? "", /^Make room/);
}
