import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { sha256 } from "@jamesd/model";
import { openFolderBlobStore } from "../src/blobs/folder.ts";
import { type BlobStoreFixture, blobStoreContract, chunked, cut } from "./blob-store.contract.ts";
import { injecting, linesOf, works } from "./blob-store.faults.ts";

async function openFixture(): Promise<BlobStoreFixture & { readonly dir: string }> {
  const root = await mkdtemp(join(tmpdir(), "jamesd-blobs-"));
  const dir = join(root, "data", "blobs");
  return {
    dir,
    blobs: await openFolderBlobStore(dir),
    reopen: () => openFolderBlobStore(dir),
    dispose: () => rm(root, { recursive: true }),
  };
}

blobStoreContract("folder", openFixture);

describe("folder: the files", () => {
  async function withFolder(
    work: (fixture: BlobStoreFixture & { dir: string }) => Promise<void>,
  ): Promise<void> {
    const fixture = await openFixture();
    try {
      await work(fixture);
    } finally {
      await fixture.dispose();
    }
  }

  for (const length of [5, 500_000])
    test(`a content of ${length} bytes that is there is not written again`, () =>
      withFolder(async ({ dir, blobs }) => {
        const content = Buffer.alloc(length, 7);
        const { digest } = await blobs.put(chunked(content));
        const path = join(dir, digest.slice(0, 2), digest);
        const { ino } = await stat(path);
        await blobs.put(chunked(content));
        assert.equal((await stat(path)).ino, ino);
        assert.deepEqual(await readdir(join(dir, "tmp")), []);
      }));

  for (const length of [5, 500_000])
    test(`a damaged blob of ${length} bytes is repaired by a new put`, () =>
      withFolder(async ({ dir, blobs }) => {
        const content = Buffer.alloc(length, 7);
        const { digest } = await blobs.put(chunked(content));
        const path = join(dir, digest.slice(0, 2), digest);
        for (const damage of [
          () => truncate(path, length - 1),
          () => writeFile(path, Buffer.alloc(length, 8)),
        ]) {
          await damage();
          assert.equal(await blobs.check(digest), "damaged");
          await blobs.put(chunked(content));
          assert.deepEqual(await readFile(path), content);
          assert.equal(await blobs.check(digest), "sound");
        }
      }));

  for (const length of [5, 500_000])
    test(`a damaged blob of ${length} bytes is not given, also when it was sound before`, () =>
      withFolder(async ({ dir, blobs, reopen }) => {
        const content = Buffer.alloc(length, 7);
        const { digest } = await blobs.put(chunked(content));
        assert.deepEqual(await buffer(await blobs.open(digest)), content);
        await writeFile(join(dir, digest.slice(0, 2), digest), Buffer.alloc(length, 8));
        for (const store of [blobs, await reopen()]) {
          await assert.rejects(store.open(digest), { code: "BLOB_DAMAGED" });
          await assert.rejects(store.open(digest, { start: 0, end: 0 }), { code: "BLOB_DAMAGED" });
          await assert.rejects(store.readSmall(digest, length), { code: "BLOB_DAMAGED" });
        }
      }));

  test("leftovers of a killed server are removed at the next start", () =>
    withFolder(async ({ dir, blobs, reopen }) => {
      await assert.rejects(blobs.put(cut(Buffer.alloc(1_000_000))));
      assert.deepEqual(await readdir(join(dir, "tmp")), []);
      await writeFile(join(dir, "tmp", "leftover"), "half of a");
      await reopen();
      assert.deepEqual(await readdir(join(dir, "tmp")), []);
    }));

  test("after an fsync of a folder failed, nothing more is promised", (t) =>
    withFolder(async ({ dir }) => {
      if (!works(t, "strace", ["-V"])) return;
      const shard = join(dir, sha256(Buffer.alloc(10, 1)).slice(0, 2));
      const outcomes = await linesOf(
        "blob-store-putter.ts",
        [dir, "10,10,10"],
        injecting("fsync:error=EIO:when=1", shard),
      );
      assert.deepEqual(outcomes, ["STORE_CORRUPT", "STORE_CORRUPT", "STORE_CORRUPT"]);
    }));

  test("the folder of a content that was there before is synced, too: its server may have died before", (t) =>
    withFolder(async ({ dir, blobs }) => {
      if (!works(t, "strace", ["-V"])) return;
      const { digest } = await blobs.put(chunked(Buffer.alloc(10, 1)));
      const failing = injecting("fsync:error=EIO:when=1", join(dir, digest.slice(0, 2)));
      assert.deepEqual(await linesOf("blob-store-putter.ts", [dir, "10"], failing), ["STORE_CORRUPT"]);
    }));

  test("after a file's fsync failed, nothing more is promised and the file is not there", (t) =>
    withFolder(async ({ dir }) => {
      if (!works(t, "strace", ["-V"])) return;
      // The first fsync of a start is that of the store's own folder, the second that of the first put.
      const outcomes = await linesOf(
        "blob-store-putter.ts",
        [dir, "10,10,10"],
        injecting("fsync:error=EIO:when=2"),
      );
      assert.deepEqual(outcomes, ["STORE_CORRUPT", "STORE_CORRUPT", "STORE_CORRUPT"]);
      assert.deepEqual(await readdir(join(dir, sha256(Buffer.alloc(10, 1)).slice(0, 2))), []);
      assert.deepEqual(await readdir(join(dir, "tmp")), []);
    }));

  test("a full disk refuses the content that does not fit, and no other", (t) =>
    withFolder(async ({ dir }) => {
      if (!works(t, "unshare", ["-m", "mount", "-t", "tmpfs", "none", dir])) return;
      const mounted = 'mount -t tmpfs -o size=3m none "$0" && exec "$@"';
      const outcomes = await linesOf(
        "blob-store-putter.ts",
        [dir, "10,9000000,500000"],
        ["unshare", "-m", "sh", "-c", mounted, dir],
      );
      assert.deepEqual(outcomes, ["stored", "STORAGE_FULL", "stored"]);
    }));
});
