import assert from "node:assert/strict";
import { chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pick, readTree, requireTool, sh, skipUnless, sweepTest } from "@jamesd/testkit";
import { acrossAt, NOWHERE, SWITCH, SWITCH_AND_UNDO, UNDO } from "../faults/across.ts";
import { Life, type Point, type Reaction } from "../faults/life.ts";
import { type DiskKind, PowerTest, SCHEDULES } from "../faults/power.ts";
import { type Scenario, Stage, scenarios, smallScenario } from "../faults/scenario.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const USER = 12_345;
const skip = requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount");

/** A bench with another file system at `disk`; unmounted before the folder goes. */
async function withDisk(options: string, use: (bench: Bench, disk: string) => Promise<void>): Promise<void> {
  using bench = new Bench();
  const disk = join(bench.root, "disk");
  mkdirSync(disk);
  sh("mount", "-t", "tmpfs", "-o", options, "jamesc-test", disk);
  try {
    await use(bench, disk);
  } finally {
    sh("umount", disk);
  }
}

const MOVE = `mkdir -p "$JAMES_ROOT/disk/app" && rmdir "$JAMES_ROOT/opt/app" && ln -s /disk/app "$JAMES_ROOT/opt/app"\n`;
const MOVE_BACK = `rm "$JAMES_ROOT/opt/app" && mkdir "$JAMES_ROOT/opt/app"\n`;

test("a preinst that moves a directory to another disk has its files there, and back", { skip }, async () => {
  await withDisk("size=4m,mode=755", async (bench, disk) => {
    mkdirSync(join(bench.root, "opt/app"), { recursive: true });
    const before = readTree(bench.root);
    const shelf = new Shelf();
    const tree = { "opt/app/f": { text: "1\n", mode: 0o750 }, "opt/app/l": { link: "f" } };
    const device = await bench.open();
    const bad = shelf.add("app", tree, { preinst: MOVE, postrm: MOVE_BACK, postinst: "exit 1\n" });
    const failed = await device.carryOut(planFor([], [bad], shelf), shelf, NEVER);
    assert.equal(failed.error?.code, "SCRIPT_FAILED", failed.error?.message);
    assert.equal(failed.outcome, "rolled-back", failed.error?.message);
    assert.deepEqual(readdirSync(join(disk, "app")), [], "the copies are gone");
    sh("rmdir", join(disk, "app"));
    assert.deepEqual(readTree(bench.root), before);

    const v1 = shelf.add("app", tree, { preinst: MOVE });
    const first = await device.carryOut(planFor([], [v1], shelf, 2), shelf, NEVER);
    assert.equal(first.outcome, "committed", first.error?.message);
    assert.deepEqual(readdirSync(join(disk, "app")).sort(), ["f", "l"]);
    assert.equal(lstatSync(join(disk, "app/f")).mode & 0o7777, 0o750);
    const v2 = shelf.add("app", { "opt/app/f": "2\n" });
    const second = await device.carryOut(planFor(device.installed, [v2], shelf, 3), shelf, NEVER);
    assert.equal(second.outcome, "committed", second.error?.message);
    assert.equal(readFileSync(join(disk, "app/f"), "utf8"), "2\n");
    await device.carryOut(planFor(device.installed, [], shelf, 4), shelf, NEVER);
    assert.deepEqual(readdirSync(join(disk, "app")), []);
  });
});

test("where a preinst has moved the ground under old files, undoing brings them back all the same", {
  skip,
}, async () => {
  await withDisk("size=4m,mode=755", async (bench, disk) => {
    mkdirSync(join(bench.root, "opt/app"), { recursive: true });
    const shelf = new Shelf();
    const device = await bench.open();
    const v1 = shelf.add("app", { "opt/app/f": "1\n", "opt/app/l": { link: "f" } });
    await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
    const app = join(bench.root, "opt/app");
    const before = readTree(app);
    // Nothing moves it back.
    const move = MOVE.replace("rmdir", "rm -rf");
    const v2 = shelf.add(
      "app",
      { "opt/app/f": "2\n", "opt/app/g": "2\n" },
      { preinst: move, postinst: "exit 1\n" },
    );
    const failed = await device.carryOut(planFor(device.installed, [v2], shelf, 2), shelf, NEVER);
    assert.equal(failed.outcome, "rolled-back", failed.error?.message);
    assert.equal(readlinkSync(app), "/disk/app");
    assert.deepEqual(readTree(join(disk, "app")), before, "and nothing lies beside them");
  });
});

for (const [what, options, owner] of [
  ["that everybody may write to", "size=4m,mode=777", 0],
  ["that a user owns", "size=4m,mode=755", USER],
] as const)
  test(`a mount ${what} is filled without a staging folder that could be swapped there`, {
    skip,
  }, async () => {
    await withDisk(options, async (bench, disk) => {
      chownSync(disk, owner, owner);
      const shelf = new Shelf();
      const v1 = shelf.add("app", { "disk/app/f": "1\n", "disk/l": { link: "app" }, "etc/f": "1\n" });
      const bad = shelf.add("app", { "disk/app/f": "2\n", "etc/f": "2\n" }, { postinst: "exit 1\n" });
      const v2 = shelf.add("app", { "disk/app/f": "2\n", "etc/f": "2\n" });
      const seen: string[][] = [];
      const log = () => void seen.push(readdirSync(disk));
      const device = await bench.open({ log });
      await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
      const installed = readTree(bench.root);
      assert.deepEqual(readdirSync(disk).sort(), ["app", "l"]);
      const failed = await device.carryOut(planFor(device.installed, [bad], shelf, 2), shelf, NEVER);
      assert.equal(failed.outcome, "rolled-back", failed.error?.message);
      assert.deepEqual(readTree(bench.root), installed);
      const second = await device.carryOut(planFor(device.installed, [v2], shelf, 3), shelf, NEVER);
      assert.equal(second.outcome, "committed", second.error?.message);
      assert.equal(readFileSync(join(disk, "app/f"), "utf8"), "2\n");
      assert.deepEqual([readdirSync(disk), readdirSync(join(disk, "app"))], [["app"], ["f"]]);
      await device.carryOut(planFor(device.installed, [], shelf, 4), shelf, NEVER);
      assert.deepEqual(readdirSync(disk), []);
      assert.ok(!seen.flat().includes(".jamesc-staging"));
    });
  });

function across(places: RegExp, otherwise: (point: Point) => Reaction = () => "go on"): Life {
  return new Life((point) => {
    const reaction = otherwise(point);
    return reaction === "go on" ? acrossAt(point, places) : reaction;
  });
}

const MODES = [
  { what: "when nothing can be renamed between two file systems", first: SWITCH, later: SWITCH },
  { what: "when the ground was moved after the switch", first: NOWHERE, later: UNDO },
  { what: "when the ground was moved in the middle", first: SWITCH, later: UNDO },
];
const CHOSEN = ["install", "upgrade", "uninstall", "rollback"];

for (const { what, first, later } of MODES)
  for (const scenario of scenarios().filter(({ name }) => CHOSEN.includes(name)))
    sweepTest(`${scenario.name}, killed at any point ${what}`, {}, (t) => sweep(scenario, first, later, t));

const KINDS: readonly DiskKind[] = ["model", "ext4", "btrfs"];
const cuts = KINDS.flatMap((kind) =>
  scenarios()
    .filter(({ name }) => CHOSEN.includes(name))
    .flatMap((scenario) => SCHEDULES.map((schedule) => ({ kind, scenario, schedule }))),
);
for (const { kind, scenario, schedule } of pick("cut across", cuts, 1))
  sweepTest(
    `${scenario.name} on ${kind}, ${schedule}, cut whenever nothing can be renamed`,
    { skip: skip || requireTool("mkfs.xfs", "mkfs.ext4", "mkfs.btrfs", "losetup") },
    async (t) => {
      using power = await PowerTest.make(scenario, kind, SWITCH_AND_UNDO);
      const { cuts: count, broken } = await power.sweep(schedule);
      t.diagnostic(`${count} cuts`);
      assert.equal(broken, undefined);
    },
  );
for (const outcome of pick("cut across again", ["committed", "rolled-back"] as const, 1))
  sweepTest(
    `cut whenever nothing can be renamed, and again in the recovery (${outcome})`,
    { skip },
    async (t) => {
      using power = await PowerTest.make(smallScenario(outcome), "model", SWITCH_AND_UNDO);
      const { cuts: count, broken } = await power.sweepRecoveries("root");
      t.diagnostic(`${count} cuts`);
      assert.equal(broken, undefined);
    },
  );

for (const site of pick(
  "syncs across",
  ["copyFile (copy-whole)", "noteMove (across)", "syncParent (across)"],
  1,
))
  sweepTest(`without ${site}, the power cut is survived no longer`, { skip }, async () => {
    const upgrade = scenarios().find(({ name }) => name === "upgrade");
    using power = await PowerTest.make(upgrade as Scenario, "model", SWITCH_AND_UNDO);
    const { broken } = await power.sweep("lazy", site);
    assert.notEqual(broken, undefined, "nothing was broken");
  });

async function sweep(
  scenario: Scenario,
  first: RegExp,
  later: RegExp,
  t: { diagnostic: (text: string) => void },
): Promise<void> {
  using stage = await Stage.make(scenario);
  using whole = stage.copy();
  const life = across(first);
  const result = await stage.carryOut(whole, life);
  assert.equal(result?.outcome, scenario.outcome, result?.error?.message);
  stage.assertWhole(whole, "in one go");
  for (const { number, call, site } of pick(`${scenario.name} ${first} ${later}`, life.points, 2)) {
    using bench = stage.copy();
    const where = `${number}: ${call} ${site()}`;
    const killed = across(first, (point) => (point.number === number ? "die" : "go on"));
    await stage.carryOut(bench, killed);
    assert.ok(killed.isDead, `${where} is reached again`);
    // It dies once more in the recovery.
    const half = 1 + (number % 7);
    await stage.recover(
      bench,
      across(later, (point) => (point.number === half ? "die" : "go on")),
    );
    await stage.recover(bench, across(later));
    stage.assertWhole(bench, where);
    await stage.carryOut(bench, across(first));
    stage.assertWhole(bench, `${where}, again`);
  }
  t.diagnostic(`${life.points.length} points`);
}
