import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, requireTool, sh, skipUnless } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";

/** A bench whose root has another file system at `srv`; unmounted before the folder goes. */
async function withMount(options: string, use: (bench: Bench) => Promise<void>): Promise<void> {
  using bench = new Bench();
  const at = join(bench.root, "srv");
  mkdirSync(at);
  sh("mount", "-t", "tmpfs", "-o", options, "jamesc-test", at);
  try {
    await use(bench);
  } finally {
    sh("umount", at);
  }
}

const skip = requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount");

test("files go to every file system below the root, and are renamed into place there", { skip }, async () => {
  await withMount("size=4m", async (bench) => {
    const shelf = new Shelf();
    const v1 = shelf.add("app", {
      "etc/app": "1\n",
      "srv/data/app": "1\n",
      "srv/same": "both\n",
      "etc/same": "both\n",
    });
    const v2 = shelf.add("app", { "etc/app": "2\n", "srv/data/new": "2\n" }, { postinst: "exit 1\n" });
    const device = await bench.open();
    const first = await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
    assert.equal(first.outcome, "committed", first.error?.message);
    const installed = readTree(bench.root);
    assert.equal(readFileSync(join(bench.root, "srv/same"), "utf8"), "both\n");

    const second = await device.carryOut(planFor(device.installed, [v2], shelf), shelf, NEVER);
    assert.equal(second.error?.code, "SCRIPT_FAILED");
    assert.deepEqual(readTree(bench.root), installed, "and back");
    await device.carryOut(planFor(device.installed, [], shelf), shelf, NEVER);
    assert.deepEqual(readdirSync(join(bench.root, "srv")), [], "nothing is left, the staging folder neither");
  });
});

test("a file system that does not say how large it is takes files", { skip }, async () => {
  await withMount("size=0,nr_inodes=0", async (bench) => {
    const shelf = new Shelf();
    const app = shelf.add("app", { "srv/app": "1\n" });
    const device = await bench.open();
    const { error } = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(error, undefined);
    assert.equal(readFileSync(join(bench.root, "srv/app"), "utf8"), "1\n");
  });
});

test("a file system without room refuses before anything is touched, and takes the plan when there is room", {
  skip,
}, async () => {
  await withMount("size=256k", async (bench) => {
    const shelf = new Shelf();
    const big = shelf.add(
      "app",
      { "etc/app": "1\n", "srv/big": "x".repeat(600_000) },
      { preinst: 'echo ran > "$JAMES_ROOT/ran"\n' },
    );
    const device = await bench.open();
    const before = readTree(bench.root);
    const failed = await device.carryOut(planFor([], [big], shelf), shelf, NEVER);
    assert.equal(failed.error?.code, "STORAGE_FULL");
    assert.match(failed.error?.message ?? "", / \/srv\/\.jamesc-staging: /);
    assert.deepEqual(readTree(bench.root), before);
    sh("mount", "-o", "remount,size=2m", join(bench.root, "srv"));
    const again = await device.carryOut(planFor([], [big], shelf), shelf, NEVER);
    assert.equal(again.outcome, "committed", again.error?.message);
  });
});

test("a file system without inodes, or that is read-only, refuses as well", { skip }, async () => {
  await withMount("size=4m,nr_inodes=8", async (bench) => {
    const shelf = new Shelf();
    const many = shelf.add(
      "app",
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`srv/file-${i}`, `${i}\n`])),
    );
    const one = shelf.add("one", { "srv/one": "1\n" });
    const device = await bench.open();
    const before = readTree(bench.root);
    const failed = await device.carryOut(planFor([], [many], shelf), shelf, NEVER);
    assert.equal(failed.error?.code, "STORAGE_FULL");
    assert.match(failed.error?.message ?? "", / \/srv\/\.jamesc-staging: .* inodes/);
    sh("mount", "-o", "remount,ro", join(bench.root, "srv"));
    const readOnly = await device.carryOut(planFor([], [one], shelf), shelf, NEVER);
    assert.equal(readOnly.error?.code, "DEVICE_IO");
    assert.match(readOnly.error?.message ?? "", /\/srv/);
    assert.deepEqual(readTree(bench.root), before);
    sh("mount", "-o", "remount,rw", join(bench.root, "srv"));
    assert.equal((await device.carryOut(planFor([], [one], shelf), shelf, NEVER)).outcome, "committed");
  });
});

test("a state directory without room is reported as such, and the plan is taken when there is room", {
  skip,
}, async () => {
  await withMount("size=400k", async (bench) => {
    const shelf = new Shelf();
    const big = shelf.add("app", { "opt/big": "x".repeat(600_000) });
    const device = await bench.open({ stateDir: join(bench.root, "srv", "state") });
    const failed = await device.carryOut(planFor([], [big], shelf), shelf, NEVER);
    assert.equal(failed.error?.code, "STORAGE_FULL");
    assert.ok(failed.error?.message.includes(` ${join(bench.root, "srv", "state")}/`), failed.error?.message);
    assert.equal(device.pendingReport()?.id, failed.id);
    sh("mount", "-o", "remount,size=3m", join(bench.root, "srv"));
    const again = await device.carryOut(planFor([], [big], shelf), shelf, NEVER);
    assert.equal(again.outcome, "committed", again.error?.message);
  });
});

for (const where of ["opt", "srv/beside-it"])
  test(`a plan for ${where} that fails on a state directory without room gives up only as much of what was fetched as it has to`, {
    skip,
  }, async () => {
    await withMount("size=2m", async (bench) => {
      const shelf = new Shelf();
      const small = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`${where}/${n}`, `${n}\n`]));
      // What state.json says of it takes more room than the smallest files do.
      const folders = Array.from({ length: 200 }, (_, n) => [`opt/${"long".repeat(30)}${n}`, { dir: 0o755 }]);
      const base = shelf.add("base", Object.fromEntries(folders));
      const large: Tree = {
        [`${where}/large`]: "x".repeat(600_000),
        [`${where}/larger`]: "x".repeat(700_000),
      };
      const fill = 'cat /dev/zero >"$JAMES_ROOT/srv/full"; exit 1\n';
      const packet = shelf.add("app", { ...small, ...large }, { postinst: fill });
      const stateDir = join(bench.root, "srv", "state");
      const device = await bench.open({ stateDir });
      await device.carryOut(planFor([], [base], shelf), shelf, NEVER);
      const plan = planFor(device.installed, [base, packet], shelf, 2);
      const failed = await device.carryOut(plan, shelf, NEVER);
      assert.equal(failed.outcome, "rolled-back", failed.error?.message);
      assert.equal(failed.error?.code, "SCRIPT_FAILED");
      const left = readdirSync(join(stateDir, "fetched")).map((name) => name.slice(0, 64));
      for (const { path, ...entry } of packet.manifest)
        if (path in large) assert.ok("digest" in entry && left.includes(entry.digest), path);
      const isMoved = where.startsWith("srv");
      if (isMoved) assert.equal(left.length, packet.manifest.filter(({ type }) => type === "file").length);
      else
        assert.ok(
          left.length < packet.manifest.filter(({ type }) => type === "file").length,
          "some had to go",
        );
    });
  });

test("a btrfs subvolume, which is of the same mount and not of the same file system, is filled and emptied", {
  skip: skip || requireTool("mkfs.btrfs", "btrfs"),
}, async () => {
  using bench = new Bench();
  const image = join(bench.dir, "image");
  sh("truncate", "-s", "120M", image);
  sh("mkfs.btrfs", "-q", image);
  sh("mount", "-o", "loop", image, bench.root);
  try {
    sh("btrfs", "subvolume", "create", join(bench.root, "opt"));
    const shelf = new Shelf();
    const [v1, v2] = ["1\n", "2\n"].map((text) => shelf.add("app", { "opt/app/f": text, "etc/f": text }));
    const device = await bench.open({ stateDir: join(bench.root, "state") });
    for (const wanted of [[v1], [v2], []]) {
      const plan = planFor(device.installed, wanted as (typeof v1 & object)[], shelf);
      const result = await device.carryOut(plan, shelf, NEVER);
      assert.equal(result.outcome, "committed", result.error?.message);
    }
    assert.deepEqual(readdirSync(join(bench.root, "opt")), []);
  } finally {
    sh("umount", bench.root);
  }
});

test("another mount of the state directory's own file system needs room for copies, and says so beforehand", {
  skip,
}, async () => {
  await withMount("size=1m", async (bench) => {
    const { root } = bench;
    const away = join(root, "away");
    for (const folder of [away, join(root, "srv/other")]) mkdirSync(folder);
    sh("mount", "--bind", join(root, "srv/other"), away);
    try {
      const shelf = new Shelf();
      const big = shelf.add("app", { "away/big": "x".repeat(600_000) });
      const device = await bench.open({ stateDir: join(root, "srv", "state") });
      const { error } = await device.carryOut(planFor([], [big], shelf), shelf, NEVER);
      assert.match(error?.message ?? "", /the plan needs \d+ bytes/);
    } finally {
      sh("umount", away);
    }
  });
});

test("a state directory whose disk became read-only is told of from memory, and again as long as it is so", {
  skip,
}, async () => {
  await withMount("size=4m", async (bench) => {
    const shelf = new Shelf();
    const app = shelf.add("app", { "etc/app": "1\n" });
    const device = await bench.open({ stateDir: join(bench.root, "srv", "state") });
    sh("mount", "-o", "remount,ro", join(bench.root, "srv"));
    const failed = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.deepEqual([failed.outcome, failed.error?.code], ["rolled-back", "DEVICE_IO"]);
    assert.match(failed.error?.message ?? "", /EROFS/);
    assert.equal(device.pendingReport()?.id, failed.id);
    await device.acknowledgeReport(failed.id);
    assert.equal(device.pendingReport(), undefined);
    const again = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(again.attempt, 2, "it counts");
    sh("mount", "-o", "remount,rw", join(bench.root, "srv"));
    const taken = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(taken.outcome, "committed", taken.error?.message);
  });
});
