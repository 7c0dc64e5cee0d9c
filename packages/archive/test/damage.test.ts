import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { ErrorCode } from "@jamesd/model";
import { pick, sweepTest } from "@jamesd/testkit";
import fc from "fast-check";
import {
  COMPRESSIONS,
  type CompressionName,
  compress,
  missing,
  missingFor,
  rawTar,
  read,
  refusedWith,
} from "./archives.ts";

const NAMES = Object.keys(COMPRESSIONS) as CompressionName[];
/** Places of an archive that a sample tries. */
const SAMPLED = 250;
const DAMAGE: readonly ErrorCode[] = ["ARCHIVE_TRUNCATED", "ARCHIVE_CORRUPT", "ARCHIVE_NOT_RECOGNISED"];

/** Bytes that do not compress, the same each time. */
function noise(length: number): Buffer {
  return createHash("shake256", { outputLength: length }).update("noise").digest();
}

const PLAIN = rawTar(
  { name: "d/", type: "5" },
  { name: "d/noise", content: noise(700) },
  { name: "d/text", content: Buffer.alloc(1500, "text that repeats ") },
  { name: "d/zeros", content: Buffer.alloc(1024) },
  { name: "l", type: "2", target: "d/text" },
);

for (const name of NAMES) {
  sweepTest(`every strict prefix is refused: ${name}`, { skip: missingFor(name) }, async () => {
    const bytes = compress(name, PLAIN);
    for (const length of pick(`prefixes ${name}`, [...bytes.keys()], SAMPLED))
      await assert.rejects(
        read(bytes.subarray(0, length)),
        refusedWith(DAMAGE),
        `${length} of ${bytes.length}`,
      );
  });

  test(`prefixes of a large archive are refused: ${name}`, { skip: missingFor(name) }, () => {
    const bytes = compress(
      name,
      rawTar({ name: "n", content: noise(1_200_000) }, { name: "m", content: "m" }),
    );
    return fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.constantFrom(4096, 65536, 2 ** 22), (length, chunk) =>
        assert.rejects(read(bytes.subarray(0, length), { chunk }), refusedWith(DAMAGE)),
      ),
      { numRuns: 15 },
    );
  });

  test(`junk behind the end is refused: ${name}`, { skip: missingFor(name) }, async () => {
    const bytes = compress(name, PLAIN);
    for (const junk of [
      Buffer.from("j"),
      Buffer.from("junk"),
      noise(1),
      noise(512),
      noise(100_000),
      Buffer.from("\0\0\0j"),
    ])
      for (const chunk of [bytes.length, 2 ** 20])
        await assert.rejects(
          read(Buffer.concat([bytes, junk]), { chunk }),
          refusedWith(DAMAGE),
          `${junk.length}`,
        );
  });

  test(`the same archive twice in one file is refused: ${name}`, { skip: missingFor(name) }, async () => {
    const bytes = compress(name, PLAIN);
    await assert.rejects(
      read(Buffer.concat([bytes, bytes])),
      refusedWith("ARCHIVE_CORRUPT", "behind its end"),
    );
  });

  if (name !== "plain")
    sweepTest(`a damaged byte is found or harmless: ${name}`, { skip: missingFor(name) }, async () => {
      const bytes = compress(name, PLAIN);
      const expected = await read(bytes);
      for (const at of pick(`bytes ${name}`, [...bytes.keys()], SAMPLED)) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
        const outcome = await read(damaged).catch((error: unknown) =>
          refusedWith([...DAMAGE, "ARCHIVE_TOO_LARGE", "ARCHIVE_UNSAFE"])(error),
        );
        if (outcome !== true) assert.deepEqual(outcome, expected, `byte ${at} of ${bytes.length}`);
      }
    });
}

test("zeros behind the end of gzip data are refused", async () => {
  for (const length of [1, 512, 100_000])
    for (const chunk of [100, 2 ** 20])
      await assert.rejects(
        read(Buffer.concat([compress("gzip", PLAIN), Buffer.alloc(length)]), { chunk }),
        refusedWith("ARCHIVE_CORRUPT", "after the end"),
      );
});

test("a tar cut in its own padding is whole from the end marks on", async () => {
  const padded = Buffer.concat([PLAIN, Buffer.alloc(8192)]);
  const expected = await read(padded);
  for (let length = PLAIN.length; length <= padded.length; length += 512)
    assert.deepEqual(await read(padded.subarray(0, length)), expected);
});

test("noise behind the magic of a compression is refused", { skip: missing("xz") }, () => {
  const magics = [
    "\x1f\x8b\x08\0",
    "BZh9",
    "BZh91AY&SY",
    "\xfd7zXZ\0\0\x04",
    "\x28\xb5\x2f\xfd",
    "\x50\x2a\x4d\x18",
  ];
  return fc.assert(
    fc.asyncProperty(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 3000 }), (magic, bytes) =>
      assert.rejects(
        read(Buffer.concat([Buffer.from(magic, "latin1"), bytes])),
        refusedWith([...DAMAGE, "ARCHIVE_TOO_LARGE"]),
      ),
    ),
    { numRuns: 300 },
  );
});
