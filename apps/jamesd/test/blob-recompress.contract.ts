import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { brotliDecompressSync, zstdDecompressSync } from "node:zlib";
import type { Digest } from "@jamesd/model";
import type { BlobStore, DeviceForm } from "../src/blobs/blob-store.ts";
import { type BlobStoreFixture, chunked, withinStores } from "./blob-store.contract.ts";

const HURRIED = { isHurried: true } as const;

/** Contents that are compressed in a hurry: one that is read in one piece, and larger ones. */
const LENGTHS = [100_000, 262_145, 5_000_000];

function contentOf(length: number): Buffer {
  // Not so much alike that a block of the output is all of it.
  const lines = Array.from({ length: length / 40 + 1 }, (_, n) => `line ${n} ${(n * 2654435761) % 2 ** 32}`);
  return Buffer.from(lines.join("\n").padEnd(length)).subarray(0, length);
}

/** What every blob store must do with contents that are put in a hurry. */
export function recompressContract(name: string, open: () => Promise<BlobStoreFixture>): void {
  const within = withinStores(open);
  const putHurried = async (blobs: BlobStore, content: Buffer): Promise<Digest> => {
    const { digest } = await blobs.put(chunked(content), undefined, HURRIED);
    await blobs.flush();
    return digest;
  };

  describe(`${name}: blobs that are put in a hurry`, () => {
    for (const length of LENGTHS)
      test(
        `a content of ${length} bytes is there at once, and given out compressed only after it is compressed for that`,
        within(async (blobs, fixture) => {
          const content = contentOf(length);
          const digest = await putHurried(blobs, content);
          assert.deepEqual([...blobs.hurried], [digest]);
          const store = await fixture.reopen();
          await store.findHurried();
          assert.deepEqual([...store.hurried], [digest]);
          for (const one of [blobs, store]) await isWhole(one, digest, content);
          assert.equal(await store.compressed(digest), undefined);
          await store.recompress(digest);
          assert.deepEqual([...store.hurried], []);
          for (const one of [store, await fixture.reopen()]) {
            await isWhole(one, digest, content);
            assert.deepEqual(zstdDecompressSync(await compressedOf(one, digest)), content);
            assert.equal(await one.compressed(digest, ["brotli"]), undefined);
          }
        }),
      );
    test(
      "what is compressed again is the same, byte for byte, as what was not put in a hurry",
      within(async (blobs, fixture) => {
        const content = contentOf(5_000_000);
        const digest = await putHurried(blobs, content);
        await blobs.recompress(digest);
        const first = await compressedOf(blobs, digest);
        await blobs.collect(async () => new Set());
        const again = await fixture.reopen();
        await again.put(chunked(content), undefined, { size: content.length });
        assert.deepEqual(await compressedOf(again, digest), first);
      }),
    );
    test(
      "who reads it meanwhile reads on, and finds it at any moment",
      within(async (blobs) => {
        const content = contentOf(5_000_000);
        const digest = await putHurried(blobs, content);
        const slow = await blobs.open(digest);
        let isDone = false;
        const done = blobs.recompress(digest).finally(() => {
          isDone = true;
        });
        while (!isDone) {
          assert.equal(await blobs.check(digest), "sound");
          assert.equal(await blobs.size(digest), content.length);
          const part = await buffer(await blobs.open(digest, { start: 70_000, end: 70_999 }));
          assert.deepEqual(part, content.subarray(70_000, 71_000));
        }
        await done;
        assert.deepEqual(await buffer(slow), content);
      }),
    );
    test(
      "given up, it is there as it was, and can be compressed later",
      within(async (blobs) => {
        const content = contentOf(5_000_000);
        const digest = await putHurried(blobs, content);
        let blocks = 0;
        const pace = async (): Promise<void> => {
          blocks += 1;
          if (blocks === 2) throw new Error("no time");
        };
        await assert.rejects(blobs.recompress(digest, "zstd", pace), /no time/);
        assert.deepEqual([...blobs.hurried], [digest]);
        await isWhole(blobs, digest, content);
        assert.equal(await blobs.compressed(digest), undefined);
        await blobs.recompress(digest);
        assert.ok(await blobs.compressed(digest));
      }),
    );
    for (const isHurried of [true, false])
      test(
        `${isHurried ? "in a hurry or" : "compressed"}, it is compressed under brotli as well, for who takes nothing else`,
        within(async (blobs, fixture) => {
          const content = contentOf(5_000_000);
          const { digest } = await blobs.put(chunked(content), undefined, { isHurried });
          await blobs.flush();
          const before = [...blobs.hurried];
          await blobs.recompress(digest, "brotli");
          assert.deepEqual([...blobs.hurried], before, "it waits as it did");
          const under = await compressedOf(blobs, digest, ["brotli"]);
          assert.deepEqual(brotliDecompressSync(under), content);
          await blobs.recompress(digest);
          const best = await compressedOf(blobs, digest);
          assert.deepEqual(zstdDecompressSync(best), content);
          for (const one of [blobs, await fixture.reopen()]) {
            await isWhole(one, digest, content);
            assert.deepEqual(await compressedOf(one, digest, ["brotli"]), under);
            assert.deepEqual(await compressedOf(one, digest, ["brotli", "zstd"]), best);
            assert.equal(await one.compressed(digest, []), undefined);
          }
          const { blobs: count, bytes } = await blobs.collect(async () => new Set());
          assert.equal(count, 1);
          assert.ok(bytes > best.length + under.length);
          assert.equal(await blobs.check(digest), "missing");
        }),
      );
    test(
      "nothing happens to what is not there, is small, is compressed already or does not become smaller",
      within(async (blobs) => {
        for (const content of [Buffer.from("small"), randomBytes(300_000)])
          for (const form of ["zstd", "brotli"] as const)
            await blobs.recompress(await putHurried(blobs, content), form);
        assert.deepEqual([...blobs.hurried], []);
        const content = contentOf(300_000);
        const { digest } = await blobs.put(chunked(content));
        await putHurried(blobs, content);
        assert.deepEqual([...blobs.hurried], []);
        await blobs.recompress(digest);
        await blobs.recompress("0".repeat(64));
        await isWhole(blobs, digest, content);
      }),
    );
    test(
      "what is collected does not wait any more, and is not compressed",
      within(async (blobs, fixture) => {
        const digest = await putHurried(blobs, contentOf(300_000));
        assert.equal((await blobs.collect(async () => new Set())).blobs, 1);
        assert.deepEqual([...blobs.hurried], []);
        await blobs.recompress(digest);
        assert.equal(await (await fixture.reopen()).check(digest), "missing");
      }),
    );
  });
}

async function compressedOf(
  blobs: BlobStore,
  digest: Digest,
  forms?: readonly DeviceForm[],
): Promise<Buffer> {
  const compressed = await blobs.compressed(digest, forms);
  assert.ok(compressed);
  if (forms) assert.ok(forms.includes(compressed.form));
  return await buffer(await compressed.open());
}

async function isWhole(blobs: BlobStore, digest: Digest, content: Buffer): Promise<void> {
  assert.equal(await blobs.check(digest), "sound");
  assert.equal(await blobs.size(digest), content.length);
  assert.deepEqual(await buffer(await blobs.open(digest)), content);
  const range = { start: 65_000, end: 67_000 };
  assert.deepEqual(await buffer(await blobs.open(digest, range)), content.subarray(65_000, 67_001));
  assert.deepEqual(Buffer.from((await blobs.readSmall(digest, content.length)) ?? []), content);
}
