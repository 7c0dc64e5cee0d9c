import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { sha256 } from "@jamesd/model";
import { injecting, memoryFolder, openFilesBelow } from "@jamesd/testkit";
import { openFolderBlobStore } from "../src/blobs/folder.ts";
import { type BlobStoreFixture, blobStoreContract, chunked, cut, givenWhole } from "./blob-store.contract.ts";
import { linesOf, works } from "./blob-store.faults.ts";

async function openFixture(): Promise<BlobStoreFixture & { readonly dir: string }> {
  const root = memoryFolder("jamesd-blobs-");
  const dir = join(root, "data", "blobs");
  return {
    dir,
    blobs: await openFolderBlobStore(dir),
    reopen: () => openFolderBlobStore(dir),
    dispose: () => rm(root, { recursive: true }),
  };
}

blobStoreContract("folder", openFixture);
blobStoreContract("folder, contents in memory", async () => {
  const fixture = await openFixture();
  return { ...fixture, blobs: givenWhole(fixture.blobs) };
});

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

  const KINDS: Readonly<Record<string, Buffer>> = {
    small: Buffer.alloc(5, 7),
    large: randomBytes(500_000),
    "large, stored compressed": Buffer.alloc(500_000, 7),
  };
  const pathOf = (dir: string, content: Buffer): string => {
    const digest = sha256(content);
    return join(
      dir,
      digest.slice(0, 2),
      content.length > 5 && content[0] === content[1] ? `${digest}.best.zst` : digest,
    );
  };

  for (const [kind, content] of Object.entries(KINDS)) {
    test(`${kind}: a content that is there is not written again`, () =>
      withFolder(async ({ dir, blobs }) => {
        await blobs.put(chunked(content));
        const { ino } = await stat(pathOf(dir, content));
        await blobs.put(chunked(content));
        await blobs.put(content);
        assert.equal((await stat(pathOf(dir, content))).ino, ino);
        assert.deepEqual(await readdir(join(dir, "tmp")), []);
      }));

    test(`${kind}: a damaged blob is repaired by a new put`, () =>
      withFolder(async ({ dir, blobs }) => {
        const { digest } = await blobs.put(chunked(content));
        const path = pathOf(dir, content);
        const whole = await readFile(path);
        let isOdd = true;
        for (const damage of [
          () => truncate(path, whole.length - 1),
          () => truncate(path, 3),
          () => writeFile(path, Buffer.concat([Buffer.of(99), whole.subarray(1)])),
          () => writeFile(path, Buffer.alloc(whole.length, 8)),
        ]) {
          await damage();
          assert.equal(await blobs.check(digest), "damaged");
          await blobs.put(isOdd ? chunked(content) : content);
          assert.deepEqual(await readFile(path), whole);
          assert.equal(await blobs.check(digest), "sound");
          isOdd = !isOdd;
        }
      }));

    test(`${kind}: a damaged blob is not given, also when it was sound before`, () =>
      withFolder(async ({ dir, blobs, reopen }) => {
        const { digest } = await blobs.put(chunked(content));
        assert.deepEqual(await buffer(await blobs.open(digest)), content);
        const path = pathOf(dir, content);
        await writeFile(path, (await readFile(path)).fill(8, 2));
        for (const store of [blobs, await reopen()]) {
          await assert.rejects(store.open(digest), { code: "BLOB_DAMAGED" });
          await assert.rejects(store.compressed(digest), { code: "BLOB_DAMAGED" });
          await assert.rejects(store.open(digest, { start: 0, end: 0 }), { code: "BLOB_DAMAGED" });
          await assert.rejects(store.readSmall(digest, content.length), { code: "BLOB_DAMAGED" });
        }
      }));
  }

  test("a damaged blob of an earlier version, which compressed nothing, is replaced", () =>
    withFolder(async ({ dir, blobs }) => {
      const content = KINDS["large, stored compressed"] as Buffer;
      const { digest } = await blobs.put(chunked(content));
      const path = pathOf(dir, content);
      await rm(path);
      await writeFile(path.replace(".best.zst", ""), content);
      assert.equal(await blobs.check(digest), "sound");
      assert.equal(await blobs.compressed(digest), undefined);
      await writeFile(path.replace(".best.zst", ""), "damaged");
      await blobs.put(chunked(content));
      assert.deepEqual(await readdir(join(dir, digest.slice(0, 2))), [`${digest}.best.zst`]);
    }));

  test("what is much the same when it is compressed is stored as it is, and so is what is small", () =>
    withFolder(async ({ dir, blobs }) => {
      for (const content of [randomBytes(300_000), Buffer.alloc(65_536)]) {
        const { digest } = await blobs.put(chunked(content));
        assert.equal(await blobs.compressed(digest), undefined);
        assert.equal((await stat(join(dir, digest.slice(0, 2), digest))).size, content.length);
      }
    }));

  test("after a start a blob is read whole once for all who ask for it at once", () =>
    withFolder(async ({ dir, blobs, reopen }) => {
      const { digest } = await blobs.put(chunked(randomBytes(20_000_000)));
      const again = await reopen();
      let isReading = true;
      const asked = Promise.all(Array.from({ length: 20 }, () => again.check(digest))).finally(() => {
        isReading = false;
      });
      let most = 0;
      for (; isReading; await setImmediate()) most = Math.max(most, openFilesBelow(dir).length);
      assert.deepEqual(new Set(await asked), new Set(["sound"]));
      assert.equal(most, 1);
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

  test("a folder that cannot be opened to be synced is synced later, and a sync that failed is not tried again", (t) =>
    withFolder(async ({ dir }) => {
      if (!works(t, "strace", ["-V"])) return;
      const shard = join(dir, sha256(Buffer.alloc(10, 1)).slice(0, 2));
      // The second put finds it can be opened, and that its sync fails.
      const failing = injecting("openat,fsync:error=EMFILE:when=1", shard);
      const outcomes = await linesOf("blob-store-putter.ts", [dir, "10,10,10"], failing);
      assert.deepEqual(outcomes, ["SERVER_BUSY", "SERVER_BUSY", "STORE_CORRUPT"]);
    }));

  test("the folder of a content that was there before is synced, too: its server may have died before", (t) =>
    withFolder(async ({ dir, blobs }) => {
      if (!works(t, "strace", ["-V"])) return;
      const { digest } = await blobs.put(chunked(Buffer.alloc(10, 1)));
      const failing = injecting("fsync:error=EIO:when=1", join(dir, digest.slice(0, 2)));
      assert.deepEqual(await linesOf("blob-store-putter.ts", [dir, "10"], failing), ["STORE_CORRUPT"]);
    }));

  for (const given of ["in pieces", "whole"]) {
    test(`${given}: after a file's fsync failed, nothing more is promised and the file is not there`, (t) =>
      withFolder(async ({ dir }) => {
        if (!works(t, "strace", ["-V"])) return;
        // The first fsync of a start is that of the store's own folder, the second that of the first put.
        const outcomes = await linesOf(
          "blob-store-putter.ts",
          [dir, "10,10,10", given],
          injecting("fsync:error=EIO:when=2"),
        );
        assert.deepEqual(outcomes, ["STORE_CORRUPT", "STORE_CORRUPT", "STORE_CORRUPT"]);
        assert.deepEqual(await readdir(join(dir, sha256(Buffer.alloc(10, 1)).slice(0, 2))), []);
        assert.deepEqual(await readdir(join(dir, "tmp")), []);
      }));

    test(`${given}: a full disk refuses the content that does not fit, and no other`, (t) =>
      withFolder(async ({ dir }) => {
        if (!works(t, "unshare", ["-m", "mount", "-t", "tmpfs", "none", dir])) return;
        const mounted = 'mount -t tmpfs -o size=3m none "$0" && exec "$@"';
        const outcomes = await linesOf(
          "blob-store-putter.ts",
          [dir, "10,9000000,500000", given],
          ["unshare", "-m", "sh", "-c", mounted, dir],
        );
        assert.deepEqual(outcomes, ["stored", "STORAGE_FULL", "stored"]);
      }));
  }
});
