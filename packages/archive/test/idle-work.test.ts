/** Archives that cost work and hold nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { compress, missing, rawTar, read, refusedWith } from "./archives.ts";

const TAR = rawTar({ name: "f", content: "x" });
const MANY = 2000;
const SIX_MIB = 6 * 2 ** 20;

/** Many of the same, and then the archive. */
function before(archive: Buffer, idle: Buffer, times: number): Buffer {
  return Buffer.concat([...Array<Buffer>(times).fill(idle), archive]);
}

/** The same until there are six MiB of it, and then the archive. */
function sixMiB(archive: Buffer, idle: Buffer): Buffer {
  return before(archive, idle, Math.ceil(SIX_MIB / idle.length));
}

for (const name of ["bzip2", "zstd"] as const)
  test(`many streams that hold nothing are refused: ${name}`, { skip: missing(name) }, async () => {
    const [archive, empty] = [compress(name, TAR), compress(name, Buffer.alloc(0))];
    await assert.rejects(
      read(before(archive, empty, MANY)),
      refusedWith("ARCHIVE_CORRUPT", "too many compressed streams"),
    );
    assert.equal((await read(before(archive, empty, 100))).length, 1, "some are none too many");
  });

test("a file of many streams is read when each holds something", {
  skip: missing("bzip2", "zstd"),
}, async () => {
  const plain = rawTar({ name: "f", content: Buffer.alloc(MANY * 4096) });
  for (const name of ["bzip2", "zstd"] as const) {
    const [first, zeros, end] = [512, 8192, 1024].map((size, at) =>
      compress(name, at === 0 ? plain.subarray(0, size) : Buffer.alloc(size)),
    );
    const pieces = [first, ...Array(MANY / 2).fill(zeros), end].flatMap((piece) => piece ?? []);
    assert.equal((await read(Buffer.concat(pieces))).length, 1, name);
  }
});

const IDLE: Readonly<Record<string, () => Buffer>> = {
  "gzip members without content": () => sixMiB(gzipSync(TAR), gzipSync("")),
  "empty blocks of gzip": () => {
    const [head, tail] = [gzipSync("").subarray(0, 10), gzipSync("").subarray(10)];
    return Buffer.concat([head, sixMiB(tail, Buffer.from("000000ffff", "hex")), gzipSync(TAR)]);
  },
  "a skippable frame of zstd": () => {
    const frame = Buffer.alloc(8 + SIX_MIB);
    frame.writeUInt32LE(0x184d2a50);
    frame.writeUInt32LE(SIX_MIB, 4);
    return Buffer.concat([frame, compress("zstd", TAR)]);
  },
  "empty blocks of zstd": () => {
    // Magic, a descriptor of one byte for the window, the window; then raw blocks of no bytes, the last one marked.
    const start = Buffer.from("28b52ffd0058", "hex");
    return Buffer.concat([
      start,
      sixMiB(Buffer.from("010000", "hex"), Buffer.alloc(3)),
      compress("zstd", TAR),
    ]);
  },
  "padding of xz": () => Buffer.concat([compress("xz", TAR), Buffer.alloc(SIX_MIB)]),
};

for (const [what, archive] of Object.entries(IDLE))
  test(`input that holds nothing is refused: ${what}`, { skip: missing("zstd", "xz") }, () =>
    assert.rejects(read(archive()), refusedWith("ARCHIVE_CORRUPT", "hardly anything in it")),
  );

test("bytes that cannot be compressed are read", { skip: missing("bzip2", "zstd", "xz") }, async () => {
  const noise = Buffer.alloc(4.5 * 2 ** 20);
  for (let i = 0, x = 1; i < noise.length; i += 1) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    noise[i] = x >>> 16;
  }
  for (const name of ["gzip", "bzip2", "xz", "zstd"] as const)
    assert.equal((await read(compress(name, rawTar({ name: "n", content: noise })))).length, 1, name);
});
