import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { brotliCompressSync, constants } from "node:zlib";
import { sha256 } from "@jamesd/model";
import fc from "fast-check";
import { decompressed } from "../../../src/transaction/fetch/decompressed.ts";
import type { Wanted } from "../../../src/transaction/fetch/fetched.ts";
import { pieces } from "../../../src/transaction/fetch/write-blob.ts";

const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const MEBIBYTE = 2 ** 20;
const ALIKE = Buffer.alloc(48 * MEBIBYTE, "alike ");

const NOISE = randomBytes(3 * MEBIBYTE);

function wantedOf(content: Buffer): Wanted {
  return { digest: sha256(content), size: content.length, file: "", part: "", isScript: false };
}

async function* cut(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) {
    await turn();
    yield bytes.subarray(at, at + length);
  }
}

function read(content: Buffer, length = MEBIBYTE): AsyncGenerator<Uint8Array> {
  return decompressed(cut(brotliCompressSync(content, FAST), length), wantedOf(content), "br");
}

/** Some of it compresses away. */
function mixed(size: number): Buffer {
  const bytes = Buffer.alloc(size, 7);
  for (let at = 0; at < size; at += 128) NOISE.copy(bytes, at, at, Math.min(at + 64, size));
  return bytes;
}

test("what comes out is what went in, however it is cut, for who gathers as much as is written at once", async () => {
  const cuts = fc.oneof(fc.integer({ min: 1000, max: 400_000 }), fc.integer({ min: 5000, max: 60_000 }));
  const sizes = fc.integer({ min: 0, max: 3 * MEBIBYTE });
  await fc.assert(
    fc.asyncProperty(sizes, cuts, fc.boolean(), async (size, length, isSlow) => {
      const content = mixed(size);
      let at = 0;
      for await (const piece of pieces(read(content, length))) {
        if (isSlow) for (let turns = 0; turns < 5; turns++) await turn();
        for (const chunk of piece) {
          assert.ok(content.subarray(at, at + chunk.length).equals(chunk), `other bytes from ${at} on`);
          at += chunk.length;
        }
      }
      assert.equal(at, size);
    }),
    { numRuns: 20 },
  );
});

test("what nobody asks for is not decompressed, but for a little", async () => {
  const before = process.memoryUsage().arrayBuffers;
  const waiting = read(ALIKE);
  let size = (await waiting.next()).value?.length ?? 0;
  // As long as another one takes from its beginning to its end.
  for await (const _ of read(ALIKE));
  const held = process.memoryUsage().arrayBuffers - before;
  assert.ok(held < 8 * MEBIBYTE, `${held} bytes are held`);
  for await (const piece of waiting) size += piece.length;
  assert.equal(size, ALIKE.length);
});

test("a small content takes little more memory than it has bytes", async () => {
  const content = mixed(100_000);
  for await (const piece of read(content)) assert.equal(piece.buffer.byteLength, content.length + 1);
});
