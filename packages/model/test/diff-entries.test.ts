import assert from "node:assert/strict";
import { test } from "node:test";
import { diffEntries, type Entry, type FileEntry, sha256 } from "@jamesd/model";

const OWNER = { uid: 0, gid: 0 };
const FILE: FileEntry = { ...OWNER, type: "file", path: "a", mode: 0o644, size: 1, digest: sha256("1") };
const LINK: Entry = { ...OWNER, type: "symlink", path: "a", target: "b" };
const FOLDER: Entry = { ...OWNER, type: "directory", path: "a", mode: 0o755 };

const aspects = (before: Entry, after: Entry) => diffEntries([before], [after]).map((found) => found.aspects);

test("whatever an entry has is compared", () => {
  const cases: readonly (readonly [Entry, Entry, readonly string[]])[] = [
    [FILE, { ...FILE, digest: sha256("2") }, ["content"]],
    [FILE, { ...FILE, size: 2 }, ["size"]],
    [FILE, { ...FILE, mode: 0o755, uid: 1 }, ["mode", "owner"]],
    [FILE, { ...FILE, gid: 1 }, ["owner"]],
    [FILE, { ...FILE, capability: "00" }, ["capability"]],
    [FILE, { ...FILE, sameAs: "0" }, ["hard link"]],
    [LINK, { ...LINK, target: "c" }, ["target"]],
    [FOLDER, { ...FOLDER, mode: 0o700 }, ["mode"]],
    [FOLDER, LINK, ["type"]],
    [FILE, FOLDER, ["type"]],
  ];
  for (const [before, after, expected] of cases) assert.deepEqual(aspects(before, after), [expected]);
  for (const entry of [FILE, LINK, FOLDER]) assert.deepEqual(aspects(entry, { ...entry }), []);
});

test("what is in one of two only is so, and all is by path", () => {
  const [b, c] = [
    { ...FILE, path: "b" },
    { ...FILE, path: "c" },
  ];
  assert.deepEqual(diffEntries([FILE, c], [b, { ...c, size: 2 }]), [
    { path: "a", before: FILE, after: null, aspects: [] },
    { path: "b", before: null, after: b, aspects: [] },
    { path: "c", before: c, after: { ...c, size: 2 }, aspects: ["size"] },
  ]);
});
