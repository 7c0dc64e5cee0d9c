import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Digest, sha256 } from "@jamesd/model";
import { memoryFolder } from "@jamesd/testkit";
import fc from "fast-check";
import { openUploads, type Uploads } from "../src/ingest/uploads.ts";
import { chunked, cut } from "./blob-store.contract.ts";
import { failsWith } from "./repository/repository.contract.ts";

const CONTENT = randomBytes(300_000);
const DIGEST = sha256(CONTENT);

async function withUploads(work: (uploads: Uploads, dir: string) => Promise<void>): Promise<void> {
  const dir = memoryFolder("jamesd-uploads-");
  try {
    await work(await openUploads(dir, { maxBytes: 1_000_000 }), dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function readBack(uploads: Uploads, digest: Digest): Promise<Buffer> {
  await using file = await uploads.open(digest);
  return await file.readFile({});
}

describe("uploads", () => {
  test("an archive that came in one piece is read back", () =>
    withUploads(async (uploads) => {
      assert.equal(await uploads.offset(DIGEST), 0);
      assert.equal(await uploads.append(DIGEST, 0, chunked(CONTENT)), CONTENT.length);
      assert.deepEqual(await readBack(uploads, DIGEST), CONTENT);
    }));

  test("what came before a cut counts, also after a new start", () =>
    withUploads(async (uploads, dir) => {
      await assert.rejects(
        uploads.append(DIGEST, 0, cut(CONTENT.subarray(0, 100_000))),
        /connection was cut/,
      );
      const again = await openUploads(dir);
      assert.equal(await again.offset(DIGEST), 100_000);
      assert.equal(await again.append(DIGEST, 100_000, chunked(CONTENT.subarray(100_000))), CONTENT.length);
      assert.deepEqual(await readBack(again, DIGEST), CONTENT);
    }));

  test("an archive is hashed while it comes, in whatever pieces: to be checked it is not read again", () =>
    withUploads(async (uploads, dir) => {
      await assert.rejects(uploads.append(DIGEST, 0, cut(CONTENT.subarray(0, 100_000))));
      await uploads.append(DIGEST, 100_000, chunked(CONTENT.subarray(100_000)));
      const read = (): number => Number(/rchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
      const open = async (which: Uploads): Promise<number> => {
        const before = read();
        await (await which.open(DIGEST)).close();
        return read() - before;
      };
      const here = await open(uploads);
      assert.ok(here < CONTENT.length / 2, `${here} bytes`);
      // What another process wrote is not known.
      const anew = await open(await openUploads(dir));
      assert.ok(anew >= CONTENT.length, `${anew} bytes`);
    }));

  test("an append elsewhere than at the end is refused and changes nothing", () =>
    withUploads(async (uploads) => {
      await uploads.append(DIGEST, 0, chunked(CONTENT.subarray(0, 10)));
      for (const offset of [0, 9, 11])
        await assert.rejects(
          uploads.append(DIGEST, offset, chunked(CONTENT)),
          failsWith("UPLOAD_OFFSET", /holds 10 bytes/),
        );
      assert.equal(await uploads.offset(DIGEST), 10);
    }));

  test("of two appends at one place at once, the second is refused", () =>
    withUploads(async (uploads) => {
      const both = [
        uploads.append(DIGEST, 0, chunked(CONTENT, 100)),
        uploads.append(DIGEST, 0, chunked(CONTENT)),
      ];
      const [first, second] = await Promise.allSettled(both);
      assert.equal(first?.status, "fulfilled");
      assert.equal(second?.status, "rejected");
      assert.deepEqual(await readBack(uploads, DIGEST), CONTENT);
    }));

  test("an archive of another SHA-256 is refused and forgotten", () =>
    withUploads(async (uploads, dir) => {
      await uploads.append(DIGEST, 0, chunked(CONTENT.subarray(1)));
      await assert.rejects(uploads.open(DIGEST), failsWith("DIGEST_MISMATCH", new RegExp(DIGEST)));
      assert.deepEqual(await readdir(dir), []);
      assert.equal(await uploads.offset(DIGEST), 0);
    }));

  test("an archive that is too large is refused and forgotten", () =>
    withUploads(async (uploads, dir) => {
      await uploads.append(DIGEST, 0, chunked(Buffer.alloc(1_000_000)));
      await assert.rejects(
        uploads.append(DIGEST, 1_000_000, chunked(Buffer.alloc(1))),
        failsWith("ARCHIVE_TOO_LARGE", /more than 1000000 bytes/),
      );
      assert.deepEqual(await readdir(dir), []);
    }));

  test("an archive that never came is unknown; removing it is no error", () =>
    withUploads(async (uploads) => {
      await uploads.remove(DIGEST);
      await assert.rejects(uploads.open(DIGEST), failsWith("BLOB_UNKNOWN", /was not uploaded/));
    }));

  test("a name that is no digest never becomes a path", () =>
    withUploads(async (uploads) => {
      for (const name of ["../x", "", DIGEST.toUpperCase()]) {
        await assert.rejects(uploads.offset(name), failsWith("REQUEST_INVALID", /does not name an archive/));
        await assert.rejects(uploads.append(name, 0, chunked(CONTENT)), failsWith("REQUEST_INVALID", /./));
        await assert.rejects(uploads.remove(name), failsWith("REQUEST_INVALID", /./));
      }
    }));

  test("archives of the day before yesterday are forgotten by who has seen them for an hour, at any new upload", () =>
    withUploads(async (_, dir) => {
      let monotonic = 0;
      const uploads = await openUploads(dir, { clocks: { now: Date.now, monotonic: () => monotonic } });
      await uploads.append(DIGEST, 0, chunked(CONTENT));
      await writeFile(join(dir, sha256("old")), "half");
      await utimes(join(dir, sha256("old")), 1, 1);
      await uploads.append(sha256("x"), 0, chunked(Buffer.from("x")));
      monotonic += 3_600_000;
      assert.ok((await readdir(dir)).includes(sha256("old")), "it was just seen");
      await uploads.append(sha256("y"), 0, chunked(Buffer.from("y")));
      assert.deepEqual((await readdir(dir)).sort(), [DIGEST, sha256("x"), sha256("y")].sort());
    }));

  test("law: an archive that comes in any pieces, cut anywhere, is read back whole", () =>
    withUploads(async (uploads) => {
      const pieces = fc.array(fc.tuple(fc.uint8Array({ maxLength: 5000 }), fc.boolean()), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(pieces, async (parts) => {
          const whole = Buffer.concat(parts.map(([bytes]) => bytes));
          const digest = sha256(whole);
          await uploads.append(digest, 0, chunked(Buffer.alloc(0)));
          for (const [bytes, isCut] of parts) {
            const at = await uploads.offset(digest);
            const sent = uploads.append(digest, at, isCut ? cut(bytes) : chunked(bytes));
            await (isCut ? assert.rejects(sent) : sent);
          }
          assert.deepEqual(await readBack(uploads, digest), whole);
          await uploads.remove(digest);
        }),
        { numRuns: 40 },
      );
    }));
});
