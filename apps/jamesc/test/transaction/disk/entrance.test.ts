import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { requireTool, sh, skipUnless } from "@jamesd/testkit";
import { RootFs } from "../../../src/transaction/disk/root-fs.ts";
import type { OpenAreas } from "../../../src/transaction/switch/area.ts";
import { APPLY } from "../../../src/transaction/switch/switch.ts";
import { UNDO } from "../../../src/transaction/switch/undo.ts";

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const USER = 12_345;
/** Folders change without any. */
const NO_AREAS = undefined as unknown as OpenAreas;
const skip = skipUnless(process.getuid?.() === 0, "needs root to give folders away");
const DESCRIPTOR = /^\/proc\/self\/fd\/\d+\/file$/;

function makeRoot(t: TestContext): { readonly above: string; readonly folder: string; readonly fs: RootFs } {
  const above = realpathSync(mkdtempSync(join(tmpdir(), "jamesd-entrance-")));
  t.after(() => rmSync(above, { recursive: true, force: true }));
  const folder = join(above, "root/opt/app");
  mkdirSync(folder, { recursive: true });
  return { above, folder, fs: new RootFs(join(above, "root")) };
}

test("where nobody can swap a folder its path is good, links resolved", { skip }, (t) => {
  const { above, folder, fs } = makeRoot(t);
  symlinkSync("opt", join(above, "root/link"));
  assert.equal(fs.at("opt/app/file"), join(folder, "file"));
  assert.equal(fs.at("link/app/file"), join(folder, "file"));
  assert.equal(fs.at("file"), join(above, "root/file"));
  assert.equal(fs.at("opt/app/."), `${folder}/.`);
});

test("a folder whose file system may make up its modes is none where nobody can swap anything", {
  skip: skip || requireTool("mount", "umount"),
}, (t) => {
  const { folder, fs } = makeRoot(t);
  assert.equal(fs.isGuarded("opt/app"), true);
  // As those of FUSE and CIFS its type is none that is known to keep modes; root's it is, and nobody else may write.
  sh("mount", "-t", "proc", "proc", folder);
  try {
    fs.forget();
    assert.deepEqual([fs.isGuarded("opt"), fs.isGuarded("opt/app/sys")], [true, false]);
    const { isGuarded, isGuardedWithin } = fs.survey("opt/app/sys");
    assert.deepEqual([isGuarded, isGuardedWithin], [false, false]);
    assert.match(fs.at("opt/app/sys/file"), DESCRIPTOR);
    const within = new RootFs(join(folder, "sys"));
    assert.match(within.at("kernel/file"), DESCRIPTOR);
    within.forget();
    assert.equal(fs.at("opt/file"), join(folder, "../file"));
  } finally {
    fs.forget();
    sh("umount", "-l", folder);
  }
});

test("from a folder that was entered those above it are named as they lie, not as a link to it was", {
  skip,
}, (t) => {
  const { above, fs } = makeRoot(t);
  mkdirSync(join(above, "root/opt/app/deep"));
  mkdirSync(join(above, "root/other/place/deep"), { recursive: true });
  for (const name of ["link", "ap"]) symlinkSync("../other/place", join(above, "root/opt", name));
  for (const [entered, path, real] of [
    ["opt/app/deep/file", "opt/app/file", "opt/app/file"],
    ["opt/app/deep/file", "opt/file", "opt/file"],
    ["opt/app/deep/file", "file", "file"],
    ["opt/app/deep/file", "opt/ap/file", "other/place/file"],
    ["opt/link/deep/file", "opt/link/file", "other/place/file"],
    ["opt/link/deep/file", "opt/file", "opt/file"],
  ] as const) {
    assert.ok(fs.at(entered).startsWith(above));
    assert.equal(fs.at(path), join(above, "root", real), `${path} from ${entered}`);
    fs.forget();
  }
});

test("where somebody may swap a folder, below the root or above, only its descriptor is", { skip }, (t) => {
  const { above, folder, fs } = makeRoot(t);
  for (const way of [folder, join(folder, ".."), join(above, "root"), above])
    for (const [owner, mode] of [
      [USER, 0o755],
      [0, 0o757],
      [0, 0o775],
    ] as const) {
      chownSync(way, owner, owner);
      chmodSync(way, mode);
      fs.forget();
      const which = `${way} of ${owner}, ${mode.toString(8)}`;
      assert.match(fs.at("opt/app/file"), DESCRIPTOR, which);
      if (way !== folder) assert.match(fs.at("opt/file"), DESCRIPTOR, which);
      chownSync(way, 0, 0);
      chmodSync(way, 0o755);
    }
  fs.forget();
  assert.equal(fs.at("opt/app/file"), join(folder, "file"));
  fs.forget();
});

test("a folder whose path the system would refuse for its length is entered by its descriptor", (t) => {
  const { fs, folder } = makeRoot(t);
  const names = Array.from({ length: 4096 / 200 }, () => "n".repeat(199));
  for (let depth = 1; depth <= names.length; depth++)
    mkdirSync(fs.at(["opt/app", ...names.slice(0, depth)].join("/")));
  assert.match(fs.at(["opt/app", ...names, "file"].join("/")), DESCRIPTOR);
  assert.equal(fs.lstat(["opt/app", ...names].join("/"))?.isDirectory(), true);
  fs.forget();
  rmSync(folder, { recursive: true, force: true });
});

test("a folder above that the transaction itself gives away is looked at anew", { skip }, (t) => {
  const { above, fs } = makeRoot(t);
  const [root, user] = [0, USER].map((id) => ({ uid: id, gid: id })) as [Owner, Owner];
  const opened = { path: "opt", mode: 0o757, ...root };
  const ways: readonly (() => void)[] = [
    () => APPLY.mode.run({ kind: "mode", path: "opt", from: 0o755, to: 0o757 }, fs, NO_AREAS),
    () => UNDO.mode.run({ kind: "mode", path: "opt", from: 0o757, to: 0o755 }, fs, NO_AREAS),
    () => APPLY.owner.run({ kind: "owner", path: "opt", from: root, to: user }, fs, NO_AREAS),
    () => UNDO.owner.run({ kind: "owner", path: "opt", from: user, to: root }, fs, NO_AREAS),
    () => UNDO.rmdir.run({ kind: "rmdir", ...opened }, fs, NO_AREAS),
  ];
  for (const [n, giveAway] of ways.entries()) {
    assert.ok(fs.at("opt/app/file").startsWith(above));
    giveAway();
    assert.match(fs.at("opt/app/file"), DESCRIPTOR, `way ${n}`);
    chownSync(join(above, "root/opt"), 0, 0);
    chmodSync(join(above, "root/opt"), 0o755);
    fs.forget();
  }
});
