import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, requireTool, sh, skipUnless, steps, sweepTest } from "@jamesd/testkit";
import "../faults/calls.ts";
import { Life } from "../faults/life.ts";
import { type Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";
import { withExt4 } from "../system.ts";

const TREE: Tree = {
  "srv/file": { text: "1\n", mode: 0o640 },
  "srv/new/deep/file": "1\n",
  "etc/file": "1\n",
};

/** Where the folder gives user 1 the right to read what is made in it. */
function withAcl(use: (bench: Bench) => Promise<void>): Promise<void> {
  return withExt4(async (bench) => {
    rmdirSync(join(bench.root, "lost+found"));
    mkdirSync(join(bench.root, "srv"));
    sh("setfacl", "-d", "-m", "u:1:rx", join(bench.root, "srv"));
    await use(bench);
  });
}

const hasAcl = ({ root }: Bench, path: string): boolean =>
  execFileSync("getfacl", ["-cnp", join(root, path)], { encoding: "utf8" }).includes("\nuser:1:");

const skip =
  requireTool("setfacl", "getfacl", "mkfs.ext4", "mount") ||
  skipUnless(process.getuid?.() === 0, "needs root");

test(
  "a file has what its folder gives to files that are made in it, also in folders that are new",
  { skip },
  () =>
    withAcl(async (bench) => {
      const shelf = new Shelf();
      const device = await bench.open();
      for (const text of ["1\n", "2\n"]) {
        const packet = shelf.add("app", { ...TREE, "srv/same": text, "srv/too": { sameAs: "srv/same" } });
        const result = await device.carryOut(planFor(device.installed, [packet], shelf), shelf, NEVER);
        assert.equal(result.outcome, "committed", result.error?.message);
        const paths = ["srv/file", "srv/new/deep/file", "srv/same", "srv/too", "etc/file"];
        assert.deepEqual(
          paths.filter((path) => hasAcl(bench, path)),
          paths.slice(0, -1),
        );
        assert.equal(statSync(join(bench.root, "srv/file")).mode & 0o7777, 0o640);
      }
      await device.carryOut(planFor(device.installed, [], shelf), shelf, NEVER);
      assert.deepEqual(Object.keys(readTree(bench.root)), ["srv"]);
    }),
);

sweepTest("killed at any point, nothing of it is left in the folder", { skip }, () =>
  withAcl(async (bench) => {
    const shelf = new Shelf();
    const packet = shelf.add("app", { "srv/file": "1\n", "srv/other": "2\n" });
    for (const at of steps("birthplaces", 5)) {
      const life = new Life(({ number }) => (number === at ? "die" : "go on"));
      await life.run(async () => {
        const device = await bench.open();
        await device.carryOut(planFor(device.installed, [packet], shelf), shelf, NEVER);
      });
      const device = await bench.open();
      const there = Object.keys(readTree(bench.root));
      const all = device.installed.length > 0 ? ["srv", "srv/file", "srv/other"] : ["srv"];
      assert.deepEqual(there, all, `at ${at}: ${life.points.at(-1)?.call}`);
      if (device.installed.length > 0)
        await device.carryOut(planFor(device.installed, [], shelf), shelf, NEVER);
      if (!life.isDead) break;
    }
  }),
);
