import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { paxEntry, type RawEntry, rawEntry, rawTar, read } from "./archives.ts";

// What tar makes of archives that people have: each is read as it would be unpacked.

const file = { name: "f", content: "x" };
const directory = { name: "d/", type: "5", mode: 0o755 };

/** The paths of an archive with the letter of their type, as `usr d`, `usr/f f`. */
async function listed(...entries: readonly RawEntry[]): Promise<readonly string[]> {
  return (await read(rawTar(...entries))).map(({ path, type }) => `${path} ${type[0]}`);
}

test("`.`, slashes in a row and behind mean nothing in a name", async () => {
  const names = ["./a", ".//usr", "././b", "c//d", "e/./f", ".//etc/passwd"];
  assert.deepEqual(
    (await read(rawTar(...names.map((name) => ({ name }))))).map(({ path }) => path),
    ["a", "b", "c/d", "e/f", "etc/passwd", "usr"],
  );
  assert.deepEqual(await listed({ name: "l/", type: "2", target: "x" }, { name: "./" }), ["l s"]);
});

test("a directory of the oldest tars is a file with a slash behind its name", async () => {
  assert.deepEqual(await listed({ name: "d/" }, { name: "d/f" }), ["d d", "d/f f"]);
  assert.deepEqual(await listed({ name: "d/", type: "\0" }), ["d d"]);
});

test("a size in the header of a directory or hard link is none", async () => {
  assert.deepEqual(await listed({ ...directory, size: 4096 }, { name: "d/f" }), ["d d", "d/f f"]);
  assert.deepEqual(await listed(file, { name: "l", type: "1", target: "f", size: 5 }, { name: "g" }), [
    "f f",
    "g f",
    "l f",
  ]);
});

test("a hard link to a symbolic link is that link", async () => {
  const link = { name: "b", type: "2", target: "a", uid: 7 };
  const manifest = await read(
    rawTar(link, { name: "c", type: "1", target: "./b" }, { name: "d", type: "1", target: "c" }),
  );
  assert.deepEqual(
    manifest,
    ["b", "c", "d"].map((path) => ({ type: "symlink", path, uid: 7, gid: 0, target: "a" })),
  );
});

test("a hard link to itself adds nothing", async () => {
  assert.deepEqual(await read(rawTar(file, { name: "./f", type: "1", target: "f" })), [
    { type: "file", path: "f", uid: 0, gid: 0, mode: 0o644, size: 1, digest: sha256("x") },
  ]);
});

test("what a global pax header says holds where an entry says nothing else", async () => {
  const global = (records: Record<string, string>) => ({ ...paxEntry(records), type: "g" });
  const manifest = await read(
    rawTar(
      global({ uid: "1234", gid: "5", comment: "x" }),
      { name: "a", uid: 9, gid: 9 },
      paxEntry({ uid: "7" }),
      { name: "b" },
      // As GNU tar has it: a further one takes the place of the first.
      global({ gid: "6" }),
      { name: "c", uid: 9 },
    ),
  );
  assert.deepEqual(
    manifest.map(({ path, uid, gid }) => [path, uid, gid]),
    [
      ["a", 1234, 5],
      ["b", 7, 5],
      ["c", 9, 6],
    ],
  );
});

test("long names and targets of GNU tar, and then a pax header, count more than the entry's header", async () => {
  const long = (type: string, text: string) => ({ name: "././@LongLink", type, content: `${text}\0rest` });
  const link = { name: "n", type: "2", target: "t" };
  const manifest = await read(
    rawTar(long("K", "x/y"), long("L", "long"), link, long("L", "g"), paxEntry({ path: "p" }), link),
  );
  assert.deepEqual(
    manifest.map((entry) => [entry.path, entry.type === "symlink" && entry.target]),
    [
      ["long", "x/y"],
      ["p", "t"],
    ],
  );
});

test("numbers are octal with blanks around, or base-256; a checksum may be of signed bytes", async () => {
  const raw = rawEntry({ name: "f", content: "x" });
  const checksum = (change: (header: Buffer) => void, signed = false): Buffer => {
    const bytes = Buffer.from(raw);
    change(bytes);
    bytes.fill(" ", 148, 156);
    let sum = 0;
    for (let at = 0; at < 512; at += 1) sum += signed ? bytes.readInt8(at) : bytes.readUInt8(at);
    bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    return Buffer.concat([bytes, Buffer.alloc(1024)]);
  };
  const uidOf = async (field: Buffer, signed = false) =>
    (await read(checksum((header) => field.copy(header, 108), signed)))[0]?.uid;
  assert.equal(await uidOf(Buffer.from("  17 \0\0\0")), 0o17);
  assert.equal(await uidOf(Buffer.from("\0      \0")), 0);
  assert.equal(await uidOf(Buffer.from("00000017")), 0o17);
  for (const signed of [false, true])
    assert.equal(await uidOf(Buffer.from([0x80, 0, 0, 0, 0xb2, 0xd0, 0x5e, 0]), signed), 3_000_000_000);
  await assert.rejects(uidOf(Buffer.from("12x\0\0\0\0\0")), /the uid of "f" is no number/);
  await assert.rejects(uidOf(Buffer.alloc(8, 0xff)), /the uid of "f" is -1/);
});
