import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { makeFolder, makeFolders } from "../src/make-folder.ts";

const SOURCE = fileURLToPath(new URL("../src/make-folder.ts", import.meta.url));

function inFolder(work: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), "make-folder-"));
  try {
    work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test("what is missing is made, for the owner alone; what is there stays as it is", () =>
  inFolder((dir) => {
    mkdirSync(join(dir, "there"), { mode: 0o755 });
    symlinkSync("there", join(dir, "link"));
    assert.deepEqual(makeFolders(join(dir, "link/a/b"), 0o750), [join(dir, "link/a"), join(dir, "link/a/b")]);
    assert.deepEqual(makeFolders(join(dir, "link/a/b"), 0o700), []);
    makeFolder(join(dir, "there/c/d/"));
    makeFolder(join(dir, "link"));
    const modes = ["there", "there/a/b", "there/c", "there/c/d"].map(
      (name) => statSync(join(dir, name)).mode & 0o777,
    );
    assert.deepEqual(modes, [0o755, 0o750, 0o700, 0o700]);
  }));

test("a file or a link that leads nowhere is no folder, and no folder can be made below it", () =>
  inFolder((dir) => {
    writeFileSync(join(dir, "file"), "");
    symlinkSync("nowhere", join(dir, "link"));
    const codes = ["file", "file/a/b", "link", "link/a/b"].map((name) => {
      try {
        makeFolder(join(dir, name));
        return "made";
      } catch (cause) {
        return (cause as NodeJS.ErrnoException).code;
      }
    });
    assert.deepEqual(codes, ["EEXIST", "ENOTDIR", "EEXIST", "ENOENT"]);
  }));

test("where the kernel lets nobody make one, it fails and does not try for ever", () => {
  // In a process of its own, so that one that hangs can be ended.
  const code = `import(${JSON.stringify(SOURCE)}).then(({ makeFolder }) => makeFolder(process.argv[1]))
    .catch(({ code }) => console.log(code))`;
  for (const path of ["/proc/x", "/proc/x/y", "/proc/self/x"])
    assert.equal(
      execFileSync(process.execPath, ["-e", code, path], { encoding: "utf8", timeout: 60_000 }),
      "ENOENT\n",
      path,
    );
});
