import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, test } from "node:test";
import { JamesError } from "@jamesd/model";
import { requireTool, runProgram } from "@jamesd/testkit";
import type { Context } from "../../src/cli/command.ts";
import { readDocuments } from "../../src/documents/document-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jamesd-documents-"));
  mkdirSync(join(folder, "fleet/sub"), { recursive: true });
  writeFileSync(join(folder, "fleet/b.yaml"), "id: b\nselector: [x]\napps: []\n");
  writeFileSync(join(folder, "fleet/sub/a.json"), '{"id": "a", "selector": ["x"], "apps": []}');
  writeFileSync(join(folder, "fleet/notes.txt"), "no document");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function idsIn(path: string, stdin: Readable = Readable.from([])): Promise<readonly string[]> {
  const context: Context = {
    connect: () => assert.fail("the server is not asked"),
    note: () => undefined,
    isTerminal: false,
    stdin,
    signal: new AbortController().signal,
    file: undefined,
  };
  return (await readDocuments(path, context)).map(({ id }) => id);
}

const inFolder = (path: string): string => join(folder, "fleet", path);

function refused(reading: Promise<unknown>, message: RegExp): Promise<void> {
  return assert.rejects(
    reading,
    (error) => error instanceof JamesError && error.code === "FILE_UNREADABLE" && message.test(error.message),
  );
}

test("a folder's documents are those of its files, of the folders in it, and of files that it links to", async () => {
  writeFileSync(join(folder, "elsewhere"), "id: c\nselector: [x]\napps: []\n");
  symlinkSync(join(folder, "elsewhere"), inFolder("c.yml"));
  symlinkSync("nowhere", inFolder("no-document"));
  symlinkSync("..", inFolder(".hidden"));
  mkdirSync(inFolder("folder.yaml"));
  assert.deepEqual(await idsIn(join(folder, "fleet")), ["b", "c", "a"]);
});

test("links that lead round in circles are not followed, and said", async () => {
  symlinkSync(".", inFolder("l1"));
  symlinkSync(".", inFolder("l2"));
  await refused(idsIn(join(folder, "fleet")), /l1: it is a link to a folder/);
});

test("a document that is no file, or not there, is refused: pruning would remove what it names", async () => {
  symlinkSync("nowhere", inFolder("lost.yaml"));
  await refused(idsIn(join(folder, "fleet")), /lost\.yaml.*ENOENT/);
  rmSync(inFolder("lost.yaml"));
  symlinkSync("/dev/null", inFolder("device.yaml"));
  await refused(idsIn(join(folder, "fleet")), /device\.yaml: it is not a file/);
});

test("a pipe in a folder is not waited for; one that is named is read", {
  skip: requireTool("mkfifo"),
}, async () => {
  const pipe = inFolder("x.yaml");
  assert.equal((await runProgram(["mkfifo", pipe])).code, 0);
  await refused(idsIn(join(folder, "fleet")), /x\.yaml: it is not a file/);
  const writing = runProgram(["sh", "-c", `cat ${inFolder("b.yaml")} > ${pipe}`]);
  assert.deepEqual(await idsIn(pipe), ["b"]);
  await writing;
});

test("what is larger than the server takes is not read on", async () => {
  const piece = Buffer.alloc(1024 * 1024, " ");
  const endless = Readable.from(
    (function* () {
      for (;;) yield piece;
    })(),
  );
  await refused(idsIn("-", endless), /standard input: it is larger than 128MiB/);
  await refused(idsIn("/dev/zero"), /zero: it is larger than 128MiB/);
});
