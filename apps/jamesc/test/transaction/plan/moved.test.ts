import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, requireTool, runProgram, sh, skipUnless } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";
import { CHILD, writeJob } from "../job.ts";

const skip = requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount");
const KILL = "kill -9 $PPID; sleep 5\n";

/** Mounts at a folder of the bench; unmounted at the end, whatever is left there then. */
class Mounts implements Disposable {
  readonly #places: string[] = [];

  tmpfs(place: string): void {
    mkdirSync(place, { recursive: true });
    sh("mount", "-t", "tmpfs", "-o", "size=4m", "jamesc-test", place);
    this.#places.push(place);
  }

  bind(from: string, place: string): void {
    mkdirSync(place, { recursive: true });
    sh("mount", "--bind", from, place);
    this.#places.push(place);
  }

  umount(place: string): void {
    sh("umount", place);
    this.wasUnmounted(place);
  }

  /** Somebody else did it. */
  wasUnmounted(place: string): void {
    this.#places.splice(this.#places.lastIndexOf(place), 1);
  }

  [Symbol.dispose](): void {
    for (const place of this.#places.toReversed()) sh("umount", "--lazy", place);
  }
}

test("what a script mounts over a folder of the packet leaves the device stuck, unchanged, until it is unmounted", {
  skip,
}, async () => {
  for (const end of ["exit 1\n", KILL]) {
    using bench = new Bench();
    const shelf = new Shelf();
    const first = await bench.open();
    await first.carryOut(planFor([], [shelf.add("app", { "srv/d/a": "1\n" })], shelf), shelf, NEVER);
    const before = readTree(bench.root);
    const postinst = `mount -t tmpfs jamesc-test "$JAMES_ROOT/srv/d"; ${end}`;
    const v2 = shelf.add("app", { "srv/d/a": "2\n", "srv/d/b": "2\n" }, { postinst });
    writeJob(bench, shelf, planFor(first.installed, [v2], shelf, 2));
    await runProgram([process.execPath, CHILD, bench.dir]);
    try {
      const device = await bench.open();
      assert.equal(device.stuck?.error?.code, "ROLLBACK_FAILED");
      assert.match(device.stuck?.error?.message ?? "", /srv\/d\/.* is on the tmpfs at \/srv\/d now/);
      assert.deepEqual(readdirSync(join(bench.root, "srv/d")), [], "nothing was put on it");
    } finally {
      sh("umount", join(bench.root, "srv/d"));
    }
    const device = await bench.open();
    assert.equal(device.stuck, undefined, device.stuck?.error?.message);
    assert.deepEqual(readTree(bench.root), before);
  }
});

test("a folder that was made before something was mounted over it is not forgotten", { skip }, async () => {
  using bench = new Bench();
  using mounts = new Mounts();
  const shelf = new Shelf();
  mkdirSync(join(bench.root, "srv"));
  const app = shelf.add("app", { "srv/d": { dir: 0o755 } }, { postinst: KILL });
  writeJob(bench, shelf, planFor([], [app], shelf));
  await runProgram([process.execPath, CHILD, bench.dir]);
  mounts.tmpfs(join(bench.root, "srv"));
  assert.equal((await bench.open()).stuck?.error?.code, "ROLLBACK_FAILED");
  mounts.umount(join(bench.root, "srv"));
  assert.equal((await bench.open()).stuck, undefined);
  assert.deepEqual(Object.keys(readTree(bench.root)), ["srv"]);
});

test("nothing is installed in a folder that took the place of the install root while the agent runs", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open();
  await device.carryOut(planFor([], [shelf.add("app", { a: "1\n" })], shelf), shelf, NEVER);
  const away = `${bench.root}-away`;
  renameSync(bench.root, away);
  mkdirSync(bench.root);
  const plan = planFor(device.installed, [shelf.add("app", { a: "2\n" })], shelf, 2);
  const refused = await device.carryOut(plan, shelf, NEVER);
  assert.equal(refused.error?.code, "ROOT_CHANGED", refused.error?.message);
  assert.deepEqual(readTree(bench.root), {});
  rmSync(bench.root, { recursive: true });
  renameSync(away, bench.root);
  assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "committed");
});

test("an install root that another one took the place of is not undone in", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const first = await bench.open();
  await first.carryOut(planFor([], [shelf.add("app", { a: "1\n" })], shelf), shelf, NEVER);
  const before = readTree(bench.root);
  const away = `${bench.root}-away`;
  const postinst = `mv "$JAMES_ROOT" "${away}"; mkdir "$JAMES_ROOT"; exit 1\n`;
  const v2 = shelf.add("app", { a: "2\n" }, { postinst });
  const device = await bench.open();
  const result = await device.carryOut(planFor(device.installed, [v2], shelf, 2), shelf, NEVER);
  assert.equal(result.outcome, "stuck");
  assert.deepEqual(readTree(bench.root), {});
  rmSync(bench.root, { recursive: true });
  renameSync(away, bench.root);
  await device.recover();
  assert.equal(device.stuck, undefined, device.stuck?.error?.message);
  assert.deepEqual(readTree(bench.root), before);
});

test("a state directory is not used for another install root, in the middle of a transaction either", async () => {
  for (const script of ["true\n", KILL]) {
    using bench = new Bench();
    const shelf = new Shelf();
    const app = shelf.add("app", { a: "1\n" }, { postinst: script });
    writeJob(bench, shelf, planFor([], [app], shelf));
    await runProgram([process.execPath, CHILD, bench.dir]);
    const other = join(bench.dir, "other");
    mkdirSync(other);
    const kept = readTree(bench.dir);
    const wrong = await bench.open({ installRoot: other });
    assert.equal(wrong.stuck?.error?.code, "ROOT_CHANGED");
    assert.equal(wrong.isKnown, false);
    const refused = await wrong.carryOut(planFor([], [app], shelf, 2), shelf, NEVER);
    assert.equal(refused.error?.code, "ROOT_CHANGED");
    assert.deepEqual(readTree(bench.dir), kept, "nothing was changed");
    assert.equal((await bench.open()).stuck, undefined);
  }
});

test("an install root that moved for good is accepted when that is said, and is then the one that counts", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const first = await bench.open();
  const app = shelf.add("app", { a: "1\n" });
  await first.carryOut(planFor([], [app], shelf), shelf, NEVER);
  const moved = join(bench.dir, "moved");
  renameSync(bench.root, moved);
  const device = await bench.open({ installRoot: moved, acceptRoot: true });
  assert.equal(device.stuck, undefined);
  const again = await bench.open({ installRoot: moved });
  assert.equal(again.stuck, undefined);
  assert.equal(
    (await again.carryOut(planFor(again.installed, [], shelf, 2), shelf, NEVER)).outcome,
    "committed",
  );
  assert.deepEqual(readTree(moved), {});
});

test("an install root and a state directory that move together belong together", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const first = await bench.open();
  await first.carryOut(planFor([], [shelf.add("app", { a: "1\n" })], shelf), shelf, NEVER);
  using copy = new Bench();
  sh("cp", "-a", `${bench.dir}/.`, copy.dir);
  assert.equal((await copy.open()).stuck, undefined);
});

test("an update of an app whose file system is away is refused; of others it is not", { skip }, async () => {
  using bench = new Bench();
  using mounts = new Mounts();
  const shelf = new Shelf();
  const disk = join(bench.dir, "disk");
  mkdirSync(disk);
  const srv = join(bench.root, "srv");
  mounts.bind(disk, srv);
  const device = await bench.open();
  const data = shelf.add("data", { "srv/data": "1\n", "etc/data": "1\n" });
  const other = shelf.add("other", { "etc/other": "1\n" });
  await device.carryOut(planFor([], [data, other], shelf), shelf, NEVER);
  mounts.umount(srv);

  const again = await bench.open();
  const data2 = shelf.add("data", { "srv/data": "2\n", "etc/data": "2\n" });
  const other2 = shelf.add("other", { "etc/other": "2\n" });
  const fine = await again.carryOut(planFor(again.installed, [data, other2], shelf, 2), shelf, NEVER);
  assert.equal(fine.outcome, "committed", fine.error?.message);
  for (const wanted of [[data2, other2], [other2]]) {
    const asked = shelf.asked.length;
    const refused = await again.carryOut(planFor(again.installed, wanted, shelf, 3), shelf, NEVER);
    assert.equal(refused.error?.code, "MOUNT_CHANGED");
    assert.match(refused.error?.message ?? "", /\/srv, and files of data/);
    assert.equal(shelf.asked.length, asked, "nothing is fetched for it");
    assert.deepEqual(readdirSync(srv), [], "nothing went below the mount point");
  }
  mounts.bind(disk, srv);
  const taken = await again.carryOut(planFor(again.installed, [data2, other2], shelf, 4), shelf, NEVER);
  assert.equal(taken.outcome, "committed", taken.error?.message);
  assert.equal(readFileSync(join(disk, "data"), "utf8"), "2\n");
  mounts.umount(srv);

  const accepting = await bench.open({ acceptRoot: true });
  const gone = await accepting.carryOut(planFor(accepting.installed, [other2], shelf, 5), shelf, NEVER);
  assert.equal(gone.outcome, "committed", gone.error?.message);
});

test("staging of a file system that is away when a transaction has committed is deleted when it is back", {
  skip,
}, async () => {
  using bench = new Bench();
  using mounts = new Mounts();
  const shelf = new Shelf();
  const disk = join(bench.dir, "disk");
  mkdirSync(disk);
  const srv = join(bench.root, "srv");
  mounts.bind(disk, srv);
  const first = await bench.open();
  await first.carryOut(planFor([], [shelf.add("app", { "srv/a": "1\n" })], shelf), shelf, NEVER);
  const v2 = shelf.add("app", { "srv/a": "2\n" }, { healthcheck: 'umount -l "$JAMES_ROOT/srv"\n' });
  const result = await first.carryOut(planFor(first.installed, [v2], shelf, 2), shelf, NEVER);
  mounts.wasUnmounted(srv);
  assert.equal(result.outcome, "committed", result.error?.message);
  assert.deepEqual(readdirSync(disk).sort(), [".jamesc-staging", "a"]);
  assert.ok(!existsSync(join(bench.state, "journal")));
  assert.equal((await bench.open()).stuck, undefined);
  assert.deepEqual(readdirSync(disk).sort(), [".jamesc-staging", "a"], "still away");
  mounts.bind(disk, srv);
  await bench.open();
  assert.deepEqual(readdirSync(disk), ["a"]);
});
