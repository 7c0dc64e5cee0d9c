import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, test } from "node:test";
import { type ErrorCode, JamesError } from "@jamesd/model";
import { checkTarget, writeNewFile } from "../../src/files/new-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jamesd-ctl-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const isCode = (code: ErrorCode) => (error: unknown) => error instanceof JamesError && error.code === code;
const options = { force: false, server: "the server" };

test("the file is there with its content and nothing beside it", async () => {
  const bytes = await writeNewFile(
    Readable.from([Buffer.from("ab"), Buffer.from("c")]),
    join(folder, "a.tar"),
    options,
  );
  assert.equal(bytes, 3);
  assert.equal(readFileSync(join(folder, "a.tar"), "utf8"), "abc");
  assert.deepEqual(readdirSync(folder), ["a.tar"]);
});

test("a stream that breaks off leaves nothing", async () => {
  async function* broken() {
    yield Buffer.from("ab");
    throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  }
  const writing = writeNewFile(Readable.from(broken()), join(folder, "a.tar"), options);
  await assert.rejects(writing, isCode("SERVER_UNREACHABLE"));
  assert.deepEqual(readdirSync(folder), []);
});

test("a file is overwritten only when forced, another thing never", async () => {
  const path = join(folder, "a.tar");
  writeFileSync(path, "old");
  assert.throws(() => checkTarget(path, false), isCode("FILE_EXISTS"));
  await assert.rejects(writeNewFile(Readable.from(["new"]), path, options), isCode("FILE_EXISTS"));
  assert.equal(readFileSync(path, "utf8"), "old");
  await writeNewFile(Readable.from(["new"]), path, { ...options, force: true });
  assert.equal(readFileSync(path, "utf8"), "new");
  mkdirSync(join(folder, "d"));
  symlinkSync("a.tar", join(folder, "l"));
  for (const name of ["d", "l"])
    assert.throws(() => checkTarget(join(folder, name), true), isCode("FILE_EXISTS"));
  assert.throws(() => checkTarget("-", true), isCode("USAGE"));
});

test("a folder that is not there is named", async () => {
  const writing = writeNewFile(Readable.from(["x"]), join(folder, "no", "a.tar"), options);
  await assert.rejects(writing, isCode("FILE_UNREADABLE"));
});
