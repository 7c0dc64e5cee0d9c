import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { JamesError } from "@jamesd/model";
import type { Context } from "../../src/cli/command.ts";
import { readAny, readDocuments, readPrunedTo } from "../../src/documents/document-file.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "jamesd-ctl-"));
});
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function context(stdin = ""): Context {
  return {
    connect: () => assert.fail("no server is needed"),
    note: (line) => assert.fail(line),
    isTerminal: false,
    stdin: Readable.from([Buffer.from(stdin)]),
    signal: new AbortController().signal,
    file: undefined,
  };
}

const state = (id: string): string => `id: ${id}\napps: []\n`;

test("of a folder every .yaml, .yml and .json file counts, also in folders, by name; nothing hidden, nothing else", async () => {
  write("fleet/b.yml", state("b"));
  write("fleet/a.yaml", `${state("a1")}---\n${state("a2")}`);
  write("fleet/sub/d.yaml", state("d"));
  write("fleet/c.json", '{"id": "c", "apps": []}');
  for (const other of [".hidden.yaml", ".git/x.yaml", "sub/.old/x.yaml", "x.yaml.bak", "yaml", "x.txt"])
    write(`fleet/${other}`, "no: document\n");
  const documents = await readDocuments(join(folder, "fleet"), context());
  assert.deepEqual(
    documents.map(({ id }) => id),
    ["a1", "a2", "b", "c", "d"],
  );
});

test("a file is read whatever its name, and - is standard input", async () => {
  const ids = async (path: string, stdin = "") =>
    (await readDocuments(path, context(stdin))).map(({ id }) => id);
  assert.deepEqual(await ids(write("x.txt", state("x"))), ["x"]);
  assert.deepEqual(await ids("-", state("y")), ["y"]);
});

test("a list has a document in each place, as list-specs prints them, and what is wrong is found in it", async () => {
  const read = async (text: string) => (await readDocuments("-", context(text))).map(({ id }) => id);
  assert.deepEqual(await read('[{"id": "a", "apps": []},\n{"id": "b", "apps": []}]'), ["a", "b"]);
  assert.deepEqual(await read(`- id: a\n  apps: []\n---\n${state("b")}`), ["a", "b"]);
  assert.deepEqual(await read("[]"), []);
  const message = (text: string) => ({ code: "STATE_INVALID", message: text });
  await assert.rejects(
    read("- id: a\n  apps: []\n- id: b\n  apps:\n  - name: x\n    tags: [1.0]\n"),
    message("standard input line 6: apps[0].tags[0] is the number 1.0, not a text"),
  );
  await assert.rejects(
    read("- {id: a, apps: []}\n- {id: a, apps: []}\n"),
    message("standard input line 2: id is the device a again, after standard input line 1"),
  );
  await assert.rejects(
    read("- a\n"),
    message('standard input line 1: the state is "a", not a mapping of keys to values'),
  );
});

test("what has a selector is a spec, and what has none is a device's; the rest is kept as it is", async () => {
  const spec = "kind: spec\nid: s\nselector: [arm, pi]\nrevision: 3\nunowned: adopt\n";
  const text = `${spec}apps:\n- name: vpn\n  tags: [v1]\n---\n${state("all")}selector: []\n---\n${state("d")}`;
  assert.deepEqual(await readDocuments("-", context(text)), [
    {
      kind: "spec",
      id: "s",
      content: {
        selector: ["arm", "pi"],
        apps: [{ name: "vpn", tags: ["v1"] }],
        policy: { unowned: "adopt" },
      },
      expected: 3,
    },
    {
      kind: "spec",
      id: "all",
      content: { selector: [], apps: [], policy: {} },
      expected: undefined,
    },
    {
      kind: "device",
      id: "d",
      content: { selector: [], apps: [], policy: {} },
      expected: undefined,
    },
  ]);
});

test("a byte order mark is no part of a document; one in UTF-16 is no text", async () => {
  const plain = write("marks/a.yaml", "id: a\r\napps: []\r\n");
  const marked = write("marks/marked.yaml", "\ufeffid: a\r\napps: []\r\n");
  assert.deepEqual(await readDocuments(marked, context()), await readDocuments(plain, context()));
  const wide = write("marks/wide.yaml", "");
  writeFileSync(wide, Buffer.from("\ufeffid: a\n", "utf16le"));
  await assert.rejects(readDocuments(wide, context()), {
    code: "STATE_INVALID",
    message: /not text in UTF-8/,
  });
});

test("system tags of a device are checked, though they are not set", async () => {
  const refused = (thrown: unknown) => thrown instanceof JamesError && thrown.code === "TAG_INVALID";
  await assert.rejects(readDocuments("-", context(`${state("d")}systemtags: [a b]\n`)), refused);
  assert.equal((await readDocuments("-", context(`${state("d")}systemtags: [a]\n`))).length, 1);
});

test("to prune needs a document, and with one it is the same", async () => {
  const [one] = await readPrunedTo("-", context(state("d")));
  assert.equal(one?.id, "d");
  await assert.rejects(readPrunedTo("-", context("# nothing\n")), /standard input holds no document/);
  assert.deepEqual(await readDocuments("-", context("# nothing\n")), []);
});

test("files without a document change nothing, and that is said", async () => {
  const said: string[] = [];
  const note = (line: string) => void said.push(line);
  assert.deepEqual(await readAny("-", { ...context("# nothing\n"), note }), []);
  assert.deepEqual(said, ["warning: standard input holds no document: nothing changes"]);
  assert.equal((await readAny("-", context(state("d")))).length, 1);
});

test("a document that is there twice is refused with both places; a device and a spec may be called the same", async () => {
  const spec = "selector: [x]\nid: vpn\napps: []\n";
  write("twice/a.yaml", spec);
  write("twice/b.yaml", `${state("vpn")}---\n${spec}`);
  const path = (name: string) => join(folder, "twice", name);
  await assert.rejects(readDocuments(join(folder, "twice"), context()), {
    code: "STATE_INVALID",
    message: `${path("b.yaml")} line 5: id is the spec vpn again, after ${path("a.yaml")} line 2`,
  });
  assert.equal((await readDocuments(path("b.yaml"), context())).length, 2);
});
