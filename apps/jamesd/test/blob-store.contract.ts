import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { zstdDecompressSync } from "node:zlib";
import { type Digest, sha256 } from "@jamesd/model";
import fc from "fast-check";
import type { BlobHold, BlobStore } from "../src/blobs/blob-store.ts";
import { failsWith } from "./repository/repository.contract.ts";

/** One blob store under test. `reopen` opens what it holds anew, as a new start of the server does. */
export interface BlobStoreFixture {
  readonly blobs: BlobStore;
  reopen(): Promise<BlobStore>;
  dispose(): Promise<void>;
}

/** Makes tests of what is done with a blob store that is opened for each. */
export function withinStores(open: () => Promise<BlobStoreFixture>) {
  return (work: (blobs: BlobStore, fixture: BlobStoreFixture) => Promise<void>) =>
    async (): Promise<void> => {
      const fixture = await open();
      try {
        await work(fixture.blobs, fixture);
      } finally {
        await fixture.dispose();
      }
    };
}

/** A content in chunks, as a stream gives it. */
export async function* chunked(content: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

/** A content whose stream is cut before its end. */
export async function* cut(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* chunked(content);
  throw new Error("the connection was cut");
}

/** The same blob store, which is given every content in memory. */
export function givenWhole(blobs: BlobStore): BlobStore {
  const put: BlobStore["put"] = async (content, hold, hints) =>
    blobs.put(content instanceof Uint8Array ? content : await buffer(content), hold, hints);
  return new Proxy(blobs, {
    get: (_, name) => {
      const value: unknown = name === "put" ? put : Reflect.get(blobs, name, blobs);
      return typeof value === "function" ? value.bind(blobs) : value;
    },
  });
}

const nothing = async (): Promise<ReadonlySet<Digest>> => new Set();

const SIZES = [0, 1, 65_535, 262_144, 262_145, 3_000_000];

/** What every adapter of the blob store must do. */
export function blobStoreContract(name: string, open: () => Promise<BlobStoreFixture>): void {
  const within = withinStores(open);

  describe(`${name}: blobs`, () => {
    for (const length of SIZES)
      test(
        `a content of ${length} bytes is there after flush and a new start`,
        within(async (blobs, fixture) => {
          const content = randomBytes(length);
          const stored = await blobs.put(chunked(content));
          assert.deepEqual(stored, { digest: sha256(content), size: length });
          await blobs.flush();
          const again = await fixture.reopen();
          assert.equal(await again.size(stored.digest), length);
          assert.deepEqual(await buffer(await again.open(stored.digest)), content);
        }),
      );
    test(
      "a content that is named by who puts it is stored under that name, in whatever pieces it comes",
      within(async (blobs) => {
        for (const length of SIZES) {
          const content = randomBytes(length);
          const known = { digest: sha256(content), size: length };
          assert.deepEqual(await blobs.put(chunked(content), undefined, { size: length, known }), known);
          assert.deepEqual(await blobs.put(chunked(content), undefined, { known }), known);
          assert.deepEqual(await buffer(await blobs.open(known.digest)), content);
        }
      }),
    );
    test(
      "a small content is had in one piece, a longer one is not, and one that is not there is an error",
      within(async (blobs) => {
        const content = randomBytes(1000);
        const { digest } = await blobs.put(chunked(content));
        assert.deepEqual(Buffer.from((await blobs.readSmall(digest, 1000)) ?? []), content);
        assert.equal(await blobs.readSmall(digest, 999), undefined);
        const empty = await blobs.put(chunked(Buffer.alloc(0)));
        assert.equal((await blobs.readSmall(empty.digest, 10))?.length, 0);
        await assert.rejects(blobs.readSmall(sha256("nothing"), 10), { code: "BLOB_UNKNOWN" });
      }),
    );
    test(
      "a content is there as soon as put resolves",
      within(async (blobs) => {
        const { digest } = await blobs.put(chunked(Buffer.from("hello")));
        assert.equal(await blobs.size(digest), 5);
      }),
    );
    test(
      "a Node stream is a content, too",
      within(async (blobs) => {
        const content = randomBytes(700_000);
        const { digest } = await blobs.put(Readable.from(chunked(content, 1000)));
        assert.equal(digest, sha256(content));
      }),
    );
    test(
      "a part is read by its first and last byte",
      within(async (blobs) => {
        const { digest } = await blobs.put(chunked(Buffer.from("0123456789")));
        assert.equal((await buffer(await blobs.open(digest, { start: 3, end: 5 }))).toString(), "345");
        assert.equal((await buffer(await blobs.open(digest, { start: 9, end: 9 }))).toString(), "9");
      }),
    );
    for (const length of [65_536, 65_537, 300_000, 3_000_000])
      test(
        `a content of ${length} bytes that compresses well is as it was, whole and in parts, and is had compressed when it is large`,
        within(async (blobs, fixture) => {
          const content = Buffer.from("one line of many that are alike\n".repeat(length / 32 + 1)).subarray(
            0,
            length,
          );
          const { digest } = await blobs.put(chunked(content));
          await blobs.flush();
          const store = await fixture.reopen();
          assert.equal(await store.size(digest), length);
          assert.deepEqual(await buffer(await store.open(digest)), content);
          assert.deepEqual(Buffer.from((await store.readSmall(digest, length)) ?? []), content);
          assert.equal(await store.readSmall(digest, length - 1), undefined);
          for (const range of [
            { start: 0, end: 0 },
            { start: length - 5, end: length - 1 },
            { start: 60_001, end: 65_000 },
          ])
            assert.deepEqual(
              await buffer(await store.open(digest, range)),
              content.subarray(range.start, range.end + 1),
            );
          const compressed = await store.compressed(digest);
          assert.equal(compressed !== undefined, length > 65_536);
          if (!compressed) return;
          const stored = await buffer(await compressed.open());
          assert.equal(stored.length, compressed.size);
          assert.ok(stored.length < length / 10);
          assert.deepEqual(zstdDecompressSync(stored), content);
          const rest = await buffer(await compressed.open({ start: 7, end: compressed.size - 1 }));
          assert.deepEqual(rest, stored.subarray(7));
        }),
      );
    test(
      "what is not there is unknown, also names that are no digests",
      within(async (blobs) => {
        for (const digest of [sha256("nothing"), "", "../../etc/passwd", sha256("x").toUpperCase()]) {
          assert.equal(await blobs.size(digest), undefined);
          await assert.rejects(blobs.open(digest), failsWith("BLOB_UNKNOWN", /there is no blob/));
          await assert.rejects(blobs.compressed(digest), failsWith("BLOB_UNKNOWN", /there is no blob/));
        }
      }),
    );
    test(
      "a content is sound when it is there, and missing when it is not",
      within(async (blobs, fixture) => {
        const { digest } = await blobs.put(chunked(randomBytes(300_000)));
        await blobs.flush();
        for (const store of [blobs, await fixture.reopen()]) {
          assert.equal(await store.check(digest), "sound");
          assert.equal(await store.check(sha256("nothing")), "missing");
          assert.equal(await store.check("../../etc/passwd"), "missing");
        }
        assert.deepEqual(await blobs.collect(nothing), { blobs: 1, bytes: 300_000 });
        assert.equal(await blobs.check(digest), "missing");
      }),
    );
    test(
      "a collected content is gone and may come again",
      within(async (blobs) => {
        const { digest } = await blobs.put(chunked(Buffer.from("hello")));
        await blobs.collect(nothing);
        assert.equal(await blobs.size(digest), undefined);
        await blobs.put(chunked(Buffer.from("hello")));
        assert.equal(await blobs.size(digest), 5);
      }),
    );
    test(
      "a collection keeps what is needed, and what was held since it began",
      within(async (blobs) => {
        const [needed, held, released, gone, large] = [
          "needed",
          "held",
          "released",
          "gone",
          "l".repeat(400_000),
        ];
        const hold = blobs.hold();
        const early = blobs.hold();
        const put = async (text: string, by?: BlobHold): Promise<Digest> =>
          (await blobs.put(chunked(Buffer.from(text)), by)).digest;
        await put(needed);
        await put(held, hold);
        await put(large, hold);
        await put(released, early);
        await put(gone);
        const collected = await blobs.collect(async () => {
          early.release();
          return new Set([sha256(needed)]);
        });
        assert.deepEqual(collected, { blobs: 1, bytes: 4 });
        for (const text of [needed, held, large, released])
          assert.equal(await blobs.check(sha256(text)), "sound");
        hold.release();
        assert.equal((await blobs.collect(nothing)).blobs, 4);
      }),
    );
    test(
      "what is put while a collection goes on is there, whatever the order",
      within(async (blobs) => {
        const collecting = Array.from({ length: 20 }, () => blobs.collect(nothing));
        for (let round = 0; round < 20; round += 1) {
          const hold = blobs.hold();
          const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
          const stored = await Promise.all(texts.map((text) => blobs.put(chunked(Buffer.from(text)), hold)));
          for (const { digest } of stored) assert.equal(await blobs.check(digest), "sound");
          hold.release();
        }
        await Promise.all(collecting);
      }),
    );
    test(
      "a collection that does not know what is needed deletes nothing",
      within(async (blobs) => {
        const { digest } = await blobs.put(chunked(Buffer.from("hello")));
        await assert.rejects(
          blobs.collect(() => Promise.reject(new Error("no"))),
          /no/,
        );
        assert.equal(await blobs.check(digest), "sound");
      }),
    );
    for (const length of [10, 1_000_000])
      test(
        `a stream of ${length} bytes that is cut leaves nothing and says why`,
        within(async (blobs) => {
          const content = randomBytes(length);
          await assert.rejects(blobs.put(cut(content)), /the connection was cut/);
          assert.equal(await blobs.size(sha256(content)), undefined);
          await blobs.put(chunked(content));
          await blobs.flush();
          assert.deepEqual(await buffer(await blobs.open(sha256(content))), content);
        }),
      );
    test(
      "many contents at once, some of them the same",
      within(async (blobs, fixture) => {
        const contents = Array.from({ length: 30 }, (_, i) => Buffer.alloc(i % 3 === 0 ? 400_000 : 50, i));
        const puts = [...contents, ...contents, ...contents].map(async (content) => {
          const { digest } = await blobs.put(chunked(content));
          await blobs.flush();
          return digest;
        });
        await Promise.all(puts);
        const again = await fixture.reopen();
        for (const content of contents)
          assert.deepEqual(await buffer(await again.open(sha256(content))), content);
      }),
    );
    test(
      "law: what goes in comes out, whatever the chunks",
      within(async (blobs) => {
        const chunks = fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 20 });
        await fc.assert(
          fc.asyncProperty(chunks, async (parts) => {
            const { digest, size } = await blobs.put(Readable.from(parts, { objectMode: true }));
            const content = await buffer(await blobs.open(digest));
            assert.deepEqual(content, Buffer.concat(parts));
            assert.equal(size, content.length);
            assert.equal(digest, sha256(content));
          }),
          { numRuns: 40 },
        );
      }),
    );
  });
}
