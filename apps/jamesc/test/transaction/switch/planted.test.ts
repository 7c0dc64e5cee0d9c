import assert from "node:assert/strict";
import {
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { requireTool, sh, skipUnless } from "@jamesd/testkit";
import { copyWhole } from "../../../src/transaction/disk/copy-whole.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const USER = 12_345;
const skip =
  requireTool("mount", "umount", "setfacl") || skipUnless(process.getuid?.() === 0, "needs root to mount");

/** What a user may have put where the agent has its names. */
const PLANTED: Readonly<Record<string, (at: string) => void>> = {
  folder: (at) => mkdirSync(join(at, "of the user"), { recursive: true }),
  "file of his": (at) => writeFileSync(at, "the user's\n"),
  "link to a file of root": (at) => symlinkSync("/etc/passwd", at),
};

for (const [what, plant] of Object.entries(PLANTED))
  test(`a ${what} at the names that the agent gives on a user's disk keeps nothing from going on`, {
    skip,
  }, async () => {
    using bench = new Bench();
    const disk = join(bench.root, "disk");
    mkdirSync(disk);
    sh("mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "jamesc-test", disk);
    try {
      mkdirSync(join(disk, "app"));
      for (const folder of [disk, join(disk, "app")]) {
        chownSync(folder, USER, USER);
        for (const slot of ["old", "new"])
          for (let number = 0; number < 4; number++) plant(join(folder, `.jamesc-${slot}-${number}`));
        plant(join(folder, ".jamesc-born"));
        // So that files are made in it.
        sh("setfacl", "-d", "-m", "u:1:rx", folder);
      }
      const names = (): string[][] => [disk, join(disk, "app")].map((folder) => readdirSync(folder).sort());
      const planted = names();
      const shelf = new Shelf();
      const device = await bench.open();
      for (const [revision, packets] of [
        [1, [shelf.add("app", { "disk/app/f": "1\n" })]],
        [2, [shelf.add("app", { "disk/app/f": "2\n" })]],
        [3, []],
      ] as const) {
        const done = await device.carryOut(planFor(device.installed, packets, shelf, revision), shelf, NEVER);
        assert.equal(done.outcome, "committed", `${revision}: ${done.error?.message}`);
        if (revision < 3) assert.equal(readFileSync(join(disk, "app/f"), "utf8"), `${revision}\n`);
      }
      assert.deepEqual(names(), planted);
    } finally {
      sh("umount", disk);
    }
  });

test("a copy is never written through, or over, what stands at its name", () => {
  using bench = new Bench();
  const [from, victim, at] = ["from", "victim", "at"].map((name) => join(bench.dir, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(from, "new\n");
  writeFileSync(victim, "root's\n");
  for (const plant of [() => symlinkSync(victim, at), () => linkSync(victim, at)]) {
    plant();
    assert.throws(() => copyWhole(from, at), { code: "EEXIST" });
    rmSync(at);
  }
  assert.equal(readFileSync(victim, "utf8"), "root's\n");
});
