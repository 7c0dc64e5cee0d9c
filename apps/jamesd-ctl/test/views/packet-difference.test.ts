import assert from "node:assert/strict";
import { test } from "node:test";
import {
  comparePackets,
  type Entry,
  makePacket,
  type PacketContent,
  type Policy,
  SCRIPT_NAMES,
  sha256,
} from "@jamesd/model";
import { differenceData, differenceLines } from "../../src/views/packet-difference.ts";

const OWNER = { uid: 0, gid: 0 };
const FILE: Entry = { ...OWNER, type: "file", path: "opt/a", mode: 0o644, size: 5, digest: sha256("1") };
const LINK: Entry = { ...OWNER, type: "symlink", path: "opt/l", target: "a" };
const script = { digest: sha256("script"), size: 9 };

const BEFORE = makePacket({ name: "vpn", tags: ["v1"], scripts: {}, manifest: [FILE, LINK] });
const AFTER = makePacket({
  ...{ name: "vpn", tags: ["v2", "arm"], scripts: { preinst: script }, conffiles: ["opt/a"] },
  volatile: ["opt/cache"],
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
    ["volatile", "changed", "-", "opt/cache"],
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

const POLICIES: { readonly [K in keyof Policy]-?: readonly Policy[K][] } = {
  confirm: [{ connectivity: 1 }, { connectivity: 61 }],
  unowned: ["refuse", "adopt", "overwrite"],
  owners: ["keep", "ignore"],
  drift: ["report", "repair"],
  removal: ["strict", "forced", "unscripted"],
  window: [
    "always",
    [{ from: "22:00", to: "06:00" }],
    [{ from: "22:00", to: "06:01" }],
    [{ from: "22:00", to: "06:00", days: ["mon"] }],
    [{ from: "22:00", to: "06:00", zone: "Europe/Berlin" }],
  ],
};
/** What may stand in a packet instead of what BEFORE has: of every field. */
const OTHERS: { readonly [K in keyof PacketContent]: readonly PacketContent[K][] } = {
  name: ["vpn2"],
  tags: [[], ["v2"], ["v1", "v2"]],
  scripts: SCRIPT_NAMES.flatMap((name) => [
    { [name]: script },
    { [name]: { ...script, digest: sha256("2") } },
    { [name]: { ...script, size: 8 } },
  ]),
  manifest: [
    [FILE],
    [FILE, { ...LINK, target: "b" }],
    ...[{ mode: 0o600 }, { uid: 1 }, { gid: 1 }, { size: 6 }].map((other) => [{ ...FILE, ...other }, LINK]),
    ...[{ digest: sha256("2") }, { capability: "01" }, { sameAs: "opt/0" }].map((other) => [
      { ...FILE, ...other },
      LINK,
    ]),
  ],
  conffiles: [["opt/a"], ["opt/l"]],
  volatile: [["opt/a"], ["opt/l"]],
  policy: Object.entries(POLICIES).flatMap(([name, values]) => values.map((value) => ({ [name]: value }))),
  setid: [true],
  agent: [true],
};

test("packets of different digests differ, whatever it is that they differ in", () => {
  for (const [field, values] of Object.entries(OTHERS)) {
    const packets = [BEFORE, ...values.map((value) => makePacket({ ...BEFORE, [field]: value }))];
    for (const one of packets)
      for (const other of packets) {
        const { fields, entries } = comparePackets(one, other);
        const found = [...fields.map(({ what }) => what), ...entries.map(({ path }) => path)];
        const what = `${field}: ${JSON.stringify([one, other])}`;
        assert.equal(found.length > 0, one.digest !== other.digest, what);
      }
  }
});

test("of a packet and itself nothing differs", () => {
  assert.deepEqual(comparePackets(AFTER, AFTER), { fields: [], entries: [] });
});
