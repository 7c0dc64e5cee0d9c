import assert from "node:assert/strict";
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, requireTool, sh, skipUnless } from "@jamesd/testkit";
import { Life } from "../faults/life.ts";
import "../faults/calls.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const USER = 12_345;
const skip = requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount");

/** What may stand in the place of the staging folder at the top of a mount: each with files that are nobody's of ours. */
const STRANGERS: Readonly<Record<string, (at: string, victim: string) => void>> = {
  "a link to a folder of root": (at, victim) => symlinkSync(victim, at),
  "a folder of a user": (at) => {
    mkdirSync(at);
    writeFileSync(join(at, "new-0"), "the user's\n");
    chownSync(at, USER, USER);
  },
  "an empty folder of a user": (at) => {
    mkdirSync(at);
    chownSync(at, USER, USER);
  },
  "a folder that others may write to": (at, victim) => {
    mkdirSync(at);
    sh("chmod", "1777", at);
    symlinkSync(join(victim, "new-0"), join(at, "new-0"));
  },
  "a folder of root with something in it": (at) => {
    mkdirSync(at, { mode: 0o700 });
    writeFileSync(join(at, "secret"), "root's\n");
  },
  "a file": (at) => writeFileSync(at, "mine\n"),
};

/** When it comes to stand there: before the agent makes the folder, or between the making and the opening. */
const MOMENTS = ["beforehand", "as soon as it is made"] as const;

for (const [what, make] of Object.entries(STRANGERS))
  for (const moment of MOMENTS)
    test(`${what}, in the place of a staging folder ${moment}, is neither used nor emptied`, {
      skip,
    }, async () => {
      using bench = new Bench();
      const srv = join(bench.root, "srv");
      const victim = join(bench.dir, "victim");
      for (const folder of [srv, victim]) mkdirSync(folder);
      writeFileSync(join(victim, "new-0"), "root's\n");
      sh("mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "jamesc-test", srv);
      try {
        const at = join(srv, ".jamesc-staging");
        const shelf = new Shelf();
        const app = shelf.add("app", { "srv/app": "1\n", "etc/app": "1\n" });
        const log = ({ event }: { event: string }) =>
          moment === "beforehand" && event === "stage" && make(at, victim);
        const life = new Life(({ call, site }) => {
          const isMade = call === "fsyncSync" && site().includes("makeArea") && existsSync(at);
          if (moment === "beforehand" || !isMade) return "go on";
          rmSync(at, { recursive: true });
          make(at, victim);
          return "go on";
        });
        const before = readTree(victim);
        const device = await bench.open({ log });
        const refused = await life.run(() => device.carryOut(planFor([], [app], shelf), shelf, NEVER));
        assert.equal(refused?.outcome, "rolled-back");
        assert.match(
          refused.error?.message ?? "",
          / \/srv\/\.jamesc-staging[: ]|^\/srv\/\.jamesc-staging is not/,
        );
        assert.deepEqual(readTree(victim), before);
        const there = readTree(srv);
        rmSync(at, { recursive: true });
        make(at, victim);
        assert.deepEqual(there, readTree(srv), "what stood there still does");
        rmSync(at, { recursive: true });
        const again = await (await bench.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
        assert.equal(again.outcome, "committed", again.error?.message);
        assert.equal(readFileSync(join(srv, "app"), "utf8"), "1\n");
      } finally {
        sh("umount", srv);
      }
    });
