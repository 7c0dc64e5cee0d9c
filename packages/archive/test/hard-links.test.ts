import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { writeArchive } from "@jamesd/archive";
import { checkManifest, DEFAULT_LIMITS } from "@jamesd/archive/safe-path";
import { type Entry, type FileEntry, makePacket, manifestSize, sha256 } from "@jamesd/model";
import { rawTar, read } from "./archives.ts";

const TOOL = { name: "bin/tool", content: "tool\n", mode: 0o755, uid: 7, gid: 8 };
const link = (name: string, target = "bin/tool") => ({
  name,
  type: "1",
  target,
  mode: 0o644,
  uid: 99,
  gid: 99,
});

test("a hard link is the file that it names: its mode and owner are that one's, whatever its header says", async () => {
  const manifest = await read(rawTar(TOOL, link("bin/alias"), link("bin/z", "bin/alias")));
  const file = { type: "file", mode: 0o755, uid: 7, gid: 8, size: 5, digest: sha256("tool\n") };
  assert.deepEqual(manifest, [
    { ...file, path: "bin/alias" },
    { ...file, path: "bin/tool", sameAs: "bin/alias" },
    { ...file, path: "bin/z", sameAs: "bin/alias" },
  ]);
});

test("the same tree gives the same packet, in whatever order it was packed", async () => {
  const one = await read(rawTar(TOOL, link("bin/alias"), link("bin/z")));
  const other = await read(
    rawTar({ ...TOOL, name: "bin/z" }, link("bin/tool", "bin/z"), link("bin/alias", "bin/tool")),
  );
  assert.deepEqual(one, other);
});

test("two files with one content are two files", async () => {
  const manifest = await read(rawTar(TOOL, { ...TOOL, name: "bin/other" }));
  assert.ok(manifest.every((entry) => !("sameAs" in entry)));
});

test("a file with many names counts once", async () => {
  const tar = rawTar(TOOL, ...Array.from({ length: 50 }, (_, i) => link(`bin/n${i}`)));
  assert.equal(manifestSize(await read(tar, { limits: { bytes: 5 } })), 5);
});

test("links are written as links, and read as what they were", async () => {
  const manifest = await read(rawTar(TOOL, link("bin/alias")));
  const tar = await buffer(writeArchive(manifest, () => Readable.from([Buffer.from("tool\n")])));
  assert.deepEqual(await read(tar), manifest);
  assert.equal(tar.toString("latin1").split("tool\n").length, 2, "the content is there once");
});

test("a packet with hard links is another one than a packet with copies; without any, its digest is what it was", () => {
  const file = { type: "file", mode: 0o755, uid: 0, gid: 0, size: 5, digest: sha256("tool\n") } as const;
  const packet = (manifest: Entry[]) => makePacket({ name: "p", tags: [], scripts: {}, manifest }).digest;
  const copies = packet([
    { ...file, path: "a" },
    { ...file, path: "b" },
  ]);
  assert.equal(
    copies,
    packet([
      { ...file, path: "a", sameAs: undefined },
      { ...file, path: "b" },
    ]),
  );
  assert.notEqual(
    copies,
    packet([
      { ...file, path: "a" },
      { ...file, path: "b", sameAs: "a" },
    ]),
  );
});

test("refused: a manifest whose links are not what they are said to be", () => {
  const a: FileEntry = { type: "file", path: "a", mode: 0o644, uid: 0, gid: 0, size: 1, digest: sha256("a") };
  const b = { ...a, path: "b", sameAs: "a" };
  const refused: readonly Entry[][] = [
    [b],
    [a, { ...b, mode: 0o755 }],
    [a, { ...b, uid: 1 }],
    [a, { ...b, digest: sha256("b") }],
    [a, { ...b, sameAs: "b" }],
    [a, b, { ...b, path: "c", sameAs: "b" }],
    [
      { ...a, sameAs: "b" },
      { ...b, sameAs: undefined },
    ],
    [{ type: "symlink", path: "a", uid: 0, gid: 0, target: "x" }, b],
  ];
  checkManifest([a, b], DEFAULT_LIMITS);
  for (const manifest of refused)
    assert.throws(
      () => checkManifest(manifest, DEFAULT_LIMITS),
      /is said to be the same file/,
      JSON.stringify(manifest),
    );
});
