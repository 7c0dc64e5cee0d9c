import assert from "node:assert/strict";
import { chmodSync, lchownSync, lstatSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, skipUnless } from "@jamesd/testkit";
import { Life, type Point } from "../faults/life.ts";
import "../faults/calls.ts";
import { Bench, NEVER, planFor, repairOf, Shelf } from "../fixture.ts";

const USER = 12_345;
const skip = skipUnless(process.getuid?.() === 0, "needs root to give links away");

const shelf = new Shelf();
const packet = shelf.add("app", {
  "opt/app": { dir: 0o755 },
  "opt/app/sub/deep": { dir: 0o755 },
  "opt/app/sub/x": "x\n",
});

test("a folder that is others' again while a repair is undone leads no file to where they want it", {
  skip,
}, async () => {
  using bench = new Bench();
  const device = await bench.open();
  await device.carryOut(planFor([], [packet], shelf), shelf, NEVER);
  const [app, victim] = [join(bench.root, "opt/app"), join(bench.root, "etc/victim")];
  const deep = join(app, "sub/deep");
  mkdirSync(victim, { recursive: true });
  writeFileSync(join(victim, "x"), "root's\n", { mode: 0o600 });
  const before = readTree(victim);
  chmodSync(app, 0o757);
  chmodSync(deep, 0o700);
  writeFileSync(join(app, "sub/x"), "other\n");

  let done: "nothing" | "mended" | "failed" | "swapped" = "nothing";
  const life = new Life(({ call }: Point) => {
    const isOpen = (lstatSync(app).mode & 0o002) !== 0;
    const isMended = ((lstatSync(deep, { throwIfNoEntry: false })?.mode ?? 0) & 0o777) === 0o755;
    if (done === "nothing" && !isOpen && isMended) done = "mended";
    else if (done === "mended" && call === "fsyncSync") {
      done = "failed";
      return { error: "EIO" };
    } else if (done === "failed" && isOpen) {
      done = "swapped";
      renameSync(join(app, "sub"), join(app, "away"));
      symlinkSync("../../etc/victim", join(app, "sub"));
      lchownSync(join(app, "sub"), USER, USER);
    }
    return "go on";
  });
  await life.run(() => device.carryOut(repairOf(device.installed), shelf, NEVER));
  assert.equal(done, "swapped");
  assert.deepEqual(readTree(victim), before);
});
