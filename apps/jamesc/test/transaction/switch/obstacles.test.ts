import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, requireTool, sh, skipUnless } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";
import { withExt4 } from "../system.ts";

const skip =
  requireTool("chattr", "mkfs.ext4", "mount") || skipUnless(process.getuid?.() === 0, "needs root");

test("a file made immutable undoes the whole plan; when it no longer is, the plan is carried out", {
  skip,
}, async () => {
  await withExt4(async (bench) => {
    const shelf = new Shelf();
    const device = await bench.open();
    const v1 = shelf.add("app", { "a/first": "1\n", "a/second": "1\n", "a/third": "1\n" });
    await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
    const before = readTree(bench.root);
    const v2 = shelf.add("app", { "a/first": "2\n", "a/second": "2\n", "a/third": "2\n" });
    sh("chattr", "+i", join(bench.root, "a/second"));
    const refused = await device.carryOut(planFor(device.installed, [v2], shelf, 2), shelf, NEVER);
    assert.equal(refused.outcome, "rolled-back");
    assert.equal(refused.error?.code, "DEVICE_IO");
    assert.match(refused.error?.message ?? "", /EPERM/);
    assert.deepEqual(readTree(bench.root), before);
    sh("chattr", "-i", join(bench.root, "a/second"));
    const again = await device.carryOut(planFor(device.installed, [v2], shelf, 2), shelf, NEVER);
    assert.equal(again.outcome, "committed", again.error?.message);
  });
});

test("a file that a script makes immutable after the switch leaves the device stuck until it lets go", {
  skip,
}, async () => {
  await withExt4(async (bench) => {
    const shelf = new Shelf();
    const device = await bench.open();
    const app = shelf.add("app", { file: "1\n" }, { postinst: 'chattr +i "$JAMES_ROOT/file"; exit 1\n' });
    const stuck = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(stuck.outcome, "stuck");
    assert.equal(stuck.error?.code, "ROLLBACK_FAILED");
    assert.equal(device.pendingReport()?.id, stuck.id);
    sh("chattr", "-i", join(bench.root, "file"));
    await device.recover();
    assert.equal(device.stuck, undefined);
    assert.ok(!existsSync(join(bench.root, "file")));
    assert.deepEqual(
      [device.pendingReport()?.id, device.pendingReport()?.outcome],
      [stuck.id, "rolled-back"],
    );
  });
});

test("a folder that is swapped for a link again and again never leads a write out of the root", async () => {
  using bench = new Bench();
  const outside = join(bench.dir, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "file"), "not yours\n");
  mkdirSync(join(bench.root, "a/b"), { recursive: true });
  // As fast as it can, in another process: the folder, then a link to outside in its place, and back.
  const swapper = spawn("sh", [
    "-c",
    `cd "$0/a" && while :; do mv -T b real; ln -sT "$1" b; rm -f b; mv -T real b; done`,
    bench.root,
    outside,
  ]);
  const shelf = new Shelf();
  const names = Array.from({ length: 20 }, (_, i) => `a/b/file-${i}`);
  let done = 0;
  try {
    for (let round = 0; round < 40; round += 1) {
      const device = await bench.open();
      const app = shelf.add("app", Object.fromEntries(names.map((name) => [name, `${round}\n`])));
      const wanted = round % 3 === 2 ? [] : [app];
      const result = await device.carryOut(planFor(device.installed, wanted, shelf, round + 1), shelf, NEVER);
      if (result.outcome === "committed") done += 1;
      assert.deepEqual(Object.keys(readTree(outside)), ["file"], `round ${round}`);
    }
  } finally {
    swapper.kill("SIGKILL");
  }
  assert.equal(readFileSync(join(outside, "file"), "utf8"), "not yours\n");
  assert.ok(done > 0, "some plans got through");
});

test("a link swapped in by the packet's own script is not followed out of the root", async () => {
  using bench = new Bench();
  const outside = join(bench.dir, "outside");
  mkdirSync(outside);
  mkdirSync(join(bench.root, "srv"));
  const shelf = new Shelf();
  const app = shelf.add(
    "app",
    { "srv/file": "1\n" },
    { preinst: `mv "$JAMES_ROOT/srv" "$JAMES_ROOT/srv-away"; ln -s "${outside}" "$JAMES_ROOT/srv"\n` },
  );
  const device = await bench.open();
  const result = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(result.outcome, "rolled-back");
  assert.deepEqual(readTree(outside), {});
});

test("setuid files are installed only when the packet declares them", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const tree = { su: { text: "#!\n", mode: 0o4755 } };
  const device = await bench.open();
  const silent = shelf.add("app", tree);
  const refused = await device.carryOut(planFor([], [silent], shelf), shelf, NEVER);
  assert.equal(refused.error?.code, "ARCHIVE_UNSAFE");
  const declared = shelf.add("app", tree, {}, { setid: true });
  const taken = await device.carryOut(planFor([], [declared], shelf), shelf, NEVER);
  assert.equal(taken.outcome, "committed", taken.error?.message);
  assert.equal(statSync(join(bench.root, "su")).mode & 0o7777, 0o4755);
});
