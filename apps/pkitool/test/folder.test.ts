import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeNew } from "../src/folder.ts";

test("a name that is taken in the last moment leaves nothing of the others behind", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-folder-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, "d.crt"), "theirs");
  const files = ["d.key", "d.crt", "e.key"].map((name) => ({ name, content: "ours", mode: 0o600 }));
  assert.throws(() => writeNew(dir, files), { code: "FILE_EXISTS", message: /d\.crt exists already/ });
  assert.deepEqual(readdirSync(dir), ["d.crt"]);
  assert.equal(readFileSync(join(dir, "d.crt"), "utf8"), "theirs");
});

test("a folder that others may write to, made in the last moment, gets no key", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-folder-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  chmodSync(dir, 0o777);
  const files = [{ name: "d.key", content: "ours", mode: 0o600 }];
  assert.throws(() => writeNew(dir, files), { code: "FOLDER_UNSAFE" });
  assert.deepEqual(readdirSync(dir), []);
});
