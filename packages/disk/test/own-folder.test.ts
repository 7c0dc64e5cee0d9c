import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { skipUnless } from "@jamesd/testkit";
import { FolderLock } from "../src/index.ts";
import { checkOwnFile, checkOwnFolder } from "../src/own-folder.ts";

const OTHER = 12345;

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "jamesd-own-"));
  context.after(() => rmSync(made, { recursive: true }));
  return made;
}

function make(path: string, mode = 0o755): string {
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

function refused(path: string, why: RegExp): void {
  assert.throws(() => checkOwnFolder(path), { code: "FOLDER_UNSAFE", message: why });
}

const asRoot = { skip: skipUnless(process.geteuid?.() === 0, "only root gives files away") };

test("a folder of this user is fine, with the modes that umask 022 and 002 give, and one that is still to be made", (context) => {
  const top = folder(context);
  for (const mode of [0o700, 0o755, 0o775]) checkOwnFolder(make(join(top, String(mode)), mode));
  checkOwnFolder(join(top, "not", "there"));
  symlinkSync("448", join(top, "link"));
  checkOwnFolder(join(top, "link"));
});

test("a folder that everybody may write to is refused, and one below it, unless it is sticky", (context) => {
  const top = folder(context);
  const open = make(join(top, "open"), 0o777);
  refused(open, /open/);
  refused(join(open, "new"), /everybody may write to .*open$/);
  const sticky = make(join(top, "sticky"), 0o1777);
  refused(sticky, /others may write to/);
  checkOwnFolder(join(sticky, "new"));
  checkOwnFolder(make(join(sticky, "made"), 0o700));
});

test(
  "another user's folder is refused, also as what everybody may have put in the way",
  asRoot,
  (context) => {
    const top = folder(context);
    const theirs = make(join(top, "theirs"));
    chownSync(theirs, OTHER, OTHER);
    refused(theirs, /belongs to user 12345/);
    const sticky = make(join(top, "sticky"), 0o1777);
    const planted = make(join(sticky, "planted"));
    chownSync(planted, OTHER, OTHER);
    refused(join(planted, "state"), /planted belongs to user 12345/);
  },
);

test("to read, root takes another user's folder, but not one that was put in the way", asRoot, (context) => {
  const top = folder(context);
  const theirs = make(join(top, "theirs"), 0o700);
  chownSync(theirs, OTHER, OTHER);
  checkOwnFolder(theirs, "read");
  const sticky = make(join(top, "sticky"), 0o1777);
  const planted = make(join(sticky, "planted"), 0o700);
  chownSync(planted, OTHER, OTHER);
  assert.throws(() => checkOwnFolder(planted, "read"), { code: "FOLDER_UNSAFE" });
  symlinkSync(theirs, join(top, "link"));
  checkOwnFolder(join(top, "link"), "read");
  lchownSync(join(top, "link"), OTHER, OTHER);
  assert.throws(() => checkOwnFolder(join(top, "link"), "read"), { code: "FOLDER_UNSAFE" });
});

test("a folder that another group may write to is refused", asRoot, (context) => {
  const path = make(join(folder(context), "group"), 0o775);
  chownSync(path, 0, OTHER);
  refused(path, /others may write to/);
});

test("another user's link on the way is refused, wherever it leads", asRoot, (context) => {
  const top = folder(context);
  make(join(top, "ours"));
  make(join(top, "ours", "state"));
  for (const [name, target] of [
    ["relative", "ours"],
    ["absolute", join(top, "ours")],
    ["dotted", "../x/ours".replace("x", top.split("/").at(-1) ?? "")],
  ] as const) {
    symlinkSync(target, join(top, name));
    checkOwnFolder(join(top, name, "state"));
    lchownSync(join(top, name), OTHER, OTHER);
    refused(join(top, name, "state"), new RegExp(`${name} belongs to user 12345`));
  }
});

test("links that never end are no folder", (context) => {
  const path = join(folder(context), "loop");
  symlinkSync("loop", path);
  checkOwnFolder(path);
});

test("a lock is taken in no such folder", async (context) => {
  const open = make(join(folder(context), "open"), 0o777);
  const options = { program: "test", locked: () => new Error("locked") as never, hint: "" };
  await assert.rejects(FolderLock.take(open, options), { code: "FOLDER_UNSAFE" });
});

test("a lock makes no folder where another user's link leads", asRoot, async (context) => {
  const top = folder(context);
  const target = make(join(top, "target"));
  symlinkSync("target", join(top, "link"));
  lchownSync(join(top, "link"), OTHER, OTHER);
  const options = { program: "test", locked: () => new Error("locked") as never, hint: "" };
  const taken = FolderLock.take(join(top, "link", "new"), options);
  await assert.rejects(taken, { code: "FOLDER_UNSAFE" });
  assert.deepEqual(readdirSync(target), []);
});

test("a file that is believed is one that nobody else may write to or replace", (context) => {
  const top = folder(context);
  const file = (folder: string, mode: number): string => {
    const path = join(folder, "file");
    writeFileSync(path, "");
    chmodSync(path, mode);
    return path;
  };
  const unsafe = { code: "FOLDER_UNSAFE" };
  assert.equal(checkOwnFile(join(top, "missing")), undefined);
  assert.equal(checkOwnFile(file(make(join(top, "fine")), 0o644)), undefined);
  assert.throws(() => checkOwnFile(file(make(join(top, "writable")), 0o646)), unsafe);
  assert.throws(() => checkOwnFile(file(make(join(top, "open"), 0o777), 0o600)), unsafe);
  assert.equal(checkOwnFile(file(make(join(top, "sticky"), 0o1777), 0o600)), undefined);
  symlinkSync("open/file", join(top, "link"));
  assert.throws(() => checkOwnFile(join(top, "link")), unsafe);
});

test("a file of another user, or in that user's folder, is told of", asRoot, (context) => {
  const top = folder(context);
  const path = join(make(join(top, "theirs")), "file");
  writeFileSync(path, "");
  chownSync(path, OTHER, OTHER);
  assert.match(checkOwnFile(path) ?? "", /user 12345 can change .*file/);
  chownSync(path, 0, 0);
  assert.equal(checkOwnFile(path), undefined);
  chownSync(join(top, "theirs"), OTHER, OTHER);
  assert.match(checkOwnFile(path) ?? "", /user 12345 can change .*theirs is theirs/);
  chmodSync(join(top, "theirs"), 0o1777);
  chownSync(path, OTHER, OTHER);
  assert.throws(() => checkOwnFile(path), { code: "FOLDER_UNSAFE" });
});
