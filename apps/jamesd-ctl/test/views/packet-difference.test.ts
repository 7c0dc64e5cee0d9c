import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, makePacket, sha256 } from "@jamesd/model";
import { comparePackets, differenceData, differenceLines } from "../../src/views/packet-difference.ts";

const OWNER = { uid: 0, gid: 0 };
const FILE: Entry = { ...OWNER, type: "file", path: "opt/a", mode: 0o644, size: 5, digest: sha256("1") };
const LINK: Entry = { ...OWNER, type: "symlink", path: "opt/l", target: "a" };
const script = { digest: sha256("script"), size: 9 };

const BEFORE = makePacket({ name: "vpn", tags: ["v1"], scripts: {}, manifest: [FILE, LINK] });
const AFTER = makePacket({
  ...{ name: "vpn", tags: ["v2", "arm"], scripts: { preinst: script }, conffiles: ["opt/a"] },
  ...{ policy: { unowned: "adopt" as const }, setid: true },
  manifest: [
    { ...FILE, size: 6, digest: sha256("2"), mode: 0o755 },
    { ...OWNER, type: "directory", path: "opt", mode: 0o755 },
  ],
});

test("all that differs is told, a line each", () => {
  const { columns, rows } = differenceLines(comparePackets(BEFORE, AFTER));
  assert.deepEqual(columns, ["what", "change", "before", "after"]);
  assert.deepEqual(rows, [
    ["tags", "changed", "v1", "arm,v2"],
    ["preinst", "changed", "-", `9 bytes (${script.digest.slice(0, 12)})`],
    ["conffiles", "changed", "-", "opt/a"],
    ["policy", "changed", "-", "adopt"],
    ["setid", "changed", "false", "true"],
    ["/opt", "added", "-", "0755 0:0 directory"],
    ["/opt/a", "content, size, mode", "0644 0:0 5", "0755 0:0 6"],
    ["/opt/l", "removed", "link 0:0 -> a", "-"],
  ]);
});

test("programs are told the same, with the entries as they are", () => {
  const { fields, entries } = differenceData(comparePackets(BEFORE, AFTER));
  assert.deepEqual(fields[0], { what: "tags", before: "v1", after: "arm,v2" });
  assert.deepEqual(
    entries.map(({ path, change, before, after }) => [path, change, before?.mode, after?.mode]),
    [
      ["opt", "added", undefined, "0755"],
      ["opt/a", "changed", "0644", "0755"],
      ["opt/l", "removed", "0777", undefined],
    ],
  );
  assert.deepEqual(entries[1]?.aspects, ["content", "size", "mode"]);
});

test("of a packet and itself nothing differs", () => {
  assert.deepEqual(comparePackets(AFTER, AFTER), { fields: [], entries: [] });
});
