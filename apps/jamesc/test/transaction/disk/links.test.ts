import assert from "node:assert/strict";
import fs, {
  chownSync,
  closeSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, skipUnless } from "@jamesd/testkit";
import { readLink } from "../../../src/transaction/disk/link.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const USER = 12_345;
const OTHER = 12_346;
const skip = skipUnless(process.getuid?.() === 0, "needs root to give files away");

/** A root with the home of a user and a folder of root. */
function makeHome({ root }: Bench): { readonly home: string; readonly etc: string } {
  const [home, etc] = [join(root, "home/u"), join(root, "etc/modprobe.d")];
  for (const folder of [home, etc]) mkdirSync(folder, { recursive: true });
  chownSync(home, USER, USER);
  return { home, etc };
}

function linkOf(owner: number, target: string, at: string): void {
  symlinkSync(target, at);
  lchownSync(at, owner, owner);
}

test("a link that a user made into a folder of root is not followed when files come", { skip }, async () => {
  for (const target of ["/etc/modprobe.d", "../../etc/modprobe.d", "through"]) {
    using bench = new Bench();
    const { home, etc } = makeHome(bench);
    if (target === "through") linkOf(USER, "/etc/modprobe.d", join(home, "through"));
    linkOf(USER, target, join(home, "app"));
    const shelf = new Shelf();
    const app = shelf.add("app", { "home/u/app/app.conf": "mine\n" });
    const device = await bench.open();
    const result = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(result.error?.code, "PATH_UNSAFE", result.error?.message);
    assert.match(result.error?.message ?? "", /\/home\/u\/\w+ is a link that user 12345 made/);
    assert.ok(!bench.events.some(({ event }) => event === "stage"), "before anything is touched");
    assert.deepEqual(readTree(etc), {});
  }
});

test("overwrite puts a folder in the place of such a link, and nothing behind it changes", {
  skip,
}, async () => {
  using bench = new Bench();
  const { home, etc } = makeHome(bench);
  linkOf(USER, "/etc/modprobe.d", join(home, "app"));
  const shelf = new Shelf();
  const app = shelf.add("app", { "home/u/app/app.conf": "mine\n" }, {}, { policy: { unowned: "overwrite" } });
  const result = await (await bench.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(result.outcome, "committed", result.error?.message);
  assert.deepEqual(readTree(etc), {});
  assert.equal(readFileSync(join(home, "app/app.conf"), "utf8"), "mine\n");
});

test("links of root, and of a user into what is the user's, are followed", { skip }, async () => {
  const cases = [
    { link: 0, target: 0, follows: true },
    { link: USER, target: USER, follows: true },
    { link: USER, target: OTHER, follows: false },
    { link: 0, target: OTHER, follows: true },
  ];
  for (const { link, target, follows } of cases) {
    using bench = new Bench();
    const { home, etc } = makeHome(bench);
    chownSync(etc, target, target);
    linkOf(link, "/etc/modprobe.d", join(home, "app"));
    const shelf = new Shelf();
    const app = shelf.add("app", { "home/u/app/app.conf": "mine\n" });
    const result = await (await bench.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(result.outcome, follows ? "committed" : "rolled-back", JSON.stringify({ link, target }));
    assert.equal(existsSync(join(etc, "app.conf")), follows);
  }
});

test("a link that a user swaps in later does not lead a removal to a file of root", { skip }, async () => {
  using bench = new Bench();
  const { home, etc } = makeHome(bench);
  writeFileSync(join(etc, "app.conf"), "root's\n");
  const shelf = new Shelf();
  const app = shelf.add("app", { "home/u/app/app.conf": "mine\n" });
  const device = await bench.open();
  await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  renameSync(join(home, "app"), join(home, "away"));
  linkOf(USER, "/etc/modprobe.d", join(home, "app"));
  const gone = await device.carryOut(planFor(device.installed, [], shelf), shelf, NEVER);
  assert.equal(gone.outcome, "committed", gone.error?.message);
  assert.equal(readFileSync(join(etc, "app.conf"), "utf8"), "root's\n");
});

test("a link swapped in by a user in the middle neither leads astray nor keeps the undo from its end", {
  skip,
}, async () => {
  using bench = new Bench();
  const { home, etc } = makeHome(bench);
  const shelf = new Shelf();
  const v1 = shelf.add("app", { "home/u/app/app.conf": "1\n" });
  // As the user's own process would do it between two steps.
  const swap = `mv "$JAMES_ROOT/home/u/app" "$JAMES_ROOT/home/u/away"
ln -s /etc/modprobe.d "$JAMES_ROOT/home/u/app" && chown -h ${USER} "$JAMES_ROOT/home/u/app"\n`;
  const v2 = shelf.add("app", { "home/u/app/app.conf": "2\n" }, { postinst: `${swap}exit 1\n` });
  const device = await bench.open();
  await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  const failed = await device.carryOut(planFor(device.installed, [v2], shelf, 2), shelf, NEVER);
  assert.equal(failed.outcome, "rolled-back", failed.error?.message);
  assert.deepEqual(readTree(etc), {});
  assert.equal(readFileSync(join(home, "app/app.conf"), "utf8"), "1\n");
  rmSync(join(home, "away"), { recursive: true });
});

test("a hard link that a user made of a link of root's is not followed", { skip }, async () => {
  using bench = new Bench();
  const { home, etc } = makeHome(bench);
  linkOf(0, "/etc/modprobe.d", join(bench.root, "etc/theirs"));
  // What fs.protected_hardlinks (proc_sys_fs(5)) forbids, where it is set.
  linkSync(join(bench.root, "etc/theirs"), join(home, "app"));
  const shelf = new Shelf();
  const app = shelf.add("app", { "home/u/app/app.conf": "mine\n" });
  const device = await bench.open();
  const result = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  assert.equal(result.error?.code, "PATH_UNSAFE", result.error?.message);
  assert.deepEqual(readTree(etc), {});
});

test("of a link that a user swaps while it is read, target and owner are those of one link", {
  skip,
}, (t) => {
  using bench = new Bench();
  const { home } = makeHome(bench);
  const at = join(home, "app");
  linkOf(USER, "/etc/modprobe.d", at);
  linkOf(0, "/srv", join(home, "of-root"));
  const { readlinkSync } = fs;
  let reads = 0;
  t.after(() => {
    fs.readlinkSync = readlinkSync;
    syncBuiltinESMExports();
  });
  fs.readlinkSync = ((path: string) => {
    const target = readlinkSync(path);
    if (reads++ > 0) return target;
    // Later than what a coarse clock takes for the same moment.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    renameSync(join(home, "of-root"), at);
    return target;
  }) as typeof readlinkSync;
  syncBuiltinESMExports();
  const folder = openSync(home, "r");
  try {
    assert.deepEqual(readLink(at, folder), { target: "/srv", uid: 0 });
  } finally {
    closeSync(folder);
  }
});
