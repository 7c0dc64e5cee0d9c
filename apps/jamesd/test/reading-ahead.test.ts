import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { DEFAULT_LIMITS, writeArchive } from "@jamesd/archive";
import { type Digest, type FileEntry, JamesError, sha256 } from "@jamesd/model";
import { memoryFolder, waitFor } from "@jamesd/testkit";
import { openFolderBlobStore } from "../src/blobs/folder.ts";
import { ingestPacket } from "../src/ingest/ingest.ts";
import type { PacketRequest } from "../src/ingest/packet-request.ts";
import { PacketThreads } from "../src/ingest/packet-thread.ts";
import { ReadingAhead } from "../src/ingest/reading-ahead.ts";
import { openUploads } from "../src/ingest/uploads.ts";
import { openSqliteRepository } from "../src/sqlite/open.ts";

const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1_700_000_000_000 };
/** So that the thread is told of what came before the last of it. */
const PART = 300_000;

const unexpected = (thrown: unknown): never => assert.fail(String(thrown));

/** Files of random bytes, in an archive that nothing compresses. */
async function makeArchive(mode = 0o644) {
  const contents = new Map<Digest, Buffer>();
  const files = ["a", "b", "c"].map((path): FileEntry => {
    const content = randomBytes(PART);
    const digest = sha256(content);
    contents.set(digest, content);
    return { type: "file", path, mode, uid: 0, gid: 0, size: PART, digest };
  });
  const bytes = await buffer(
    writeArchive(files, (digest) => Readable.from([contents.get(digest) ?? Buffer.alloc(0)])),
  );
  return { files, bytes, digest: sha256(bytes) };
}

async function scene(t: TestContext, patienceMs?: number) {
  const dir = memoryFolder("jamesd-ahead-");
  const repository = await openSqliteRepository(join(dir, "jamesd.db"));
  const blobs = await openFolderBlobStore(join(dir, "blobs"));
  const uploads = await openUploads(join(dir, "uploads"));
  const threads = new PacketThreads(DEFAULT_LIMITS);
  const seen = { collected: 0, uploading: 0, expected: 0 };
  const archives = new ReadingAhead({
    threads: {
      expect: () => {
        seen.expected++;
        threads.expect();
      },
      read: threads.read.bind(threads),
      close: threads.close.bind(threads),
    },
    ...{ uploads, blobs, limits: DEFAULT_LIMITS, ...(patienceMs !== undefined && { patienceMs }) },
    recompression: {
      uploading: () => {
        seen.uploading++;
        return { [Symbol.dispose]: () => seen.uploading-- };
      },
    },
    collect: async () => {
      seen.collected++;
      return blobs.collect(async () => new Set());
    },
    failed: unexpected,
  });
  t.after(async () => {
    await archives.close();
    assert.deepEqual(await readdir(join(dir, "blobs", "tmp")), []);
    assert.equal(seen.uploading, 0);
    await repository.close();
    await rm(dir, { recursive: true });
  });
  /** Makes a packet; says whether what was read of its archive while it came was of use. */
  const add = async (upload: Digest, more: Partial<PacketRequest> = {}) => {
    const request = { name: "p", tags: ["v1"], upload, scripts: {}, ...more };
    const stores = { uploads, blobs, packets: repository.packets, make: threads.make, failed: unexpected };
    return archives.making(request, async (ahead) => {
      let isAhead = false;
      const watched = ahead && {
        isOf: async (archive: Parameters<typeof ahead.isOf>[0]) => (isAhead = await ahead.isOf(archive)),
        packet: ahead.packet.bind(ahead),
      };
      const { signal } = new AbortController();
      const { info } = await ingestPacket(request, ORIGIN, { ...stores, ahead: watched }, signal);
      const packet = await repository.packets.get(info.digest);
      for (const entry of packet?.manifest ?? [])
        if (entry.type === "file") assert.equal(await blobs.check(entry.digest), "sound");
      return { isAhead, files: packet?.manifest.length };
    });
  };
  return { dir, blobs, uploads, threads, archives, seen, add };
}

/** A content that stops before its last bytes until it may go on. */
function stopping(bytes: Uint8Array, from = 0) {
  const { promise: goOn, resolve, reject } = Promise.withResolvers<void>();
  async function* content() {
    for (let at = from; at < bytes.length - 600; at += 2 ** 16)
      yield bytes.subarray(at, Math.min(at + 2 ** 16, bytes.length - 600));
    await goOn;
    yield bytes.subarray(Math.max(from, bytes.length - 600));
  }
  return { content: content(), goOn: resolve, fail: reject };
}

test("what comes is stored before the last of it is there, and the packet is made of that", async (t) => {
  const { archives, blobs, add, seen } = await scene(t);
  const { files, bytes, digest } = await makeArchive();
  const { content, goOn } = stopping(bytes);
  const appending = archives.append(digest, 0, content);
  await waitFor(
    "the first file",
    async () => (await blobs.check(files[0]?.digest ?? "")) === "sound" || undefined,
  );
  assert.equal(seen.uploading, 1);
  await blobs.collect(async () => new Set());
  goOn();
  assert.equal(await appending, bytes.length);
  assert.deepEqual(await add(digest), { isAhead: true, files: 3 });
});

test("an upload that is cut and goes on is read on", async (t) => {
  const { archives, uploads, blobs, add } = await scene(t);
  const { files, bytes, digest } = await makeArchive();
  const first = stopping(bytes);
  const cut = assert.rejects(archives.append(digest, 0, first.content), /the line is dead/);
  await waitFor(
    "the first file",
    async () => (await blobs.check(files[0]?.digest ?? "")) === "sound" || undefined,
  );
  first.fail(new Error("the line is dead"));
  await cut;
  const offset = await uploads.offset(digest);
  assert.ok(offset > 0);
  const rest = stopping(bytes, offset);
  rest.goOn();
  assert.equal(await archives.append(digest, offset, rest.content), bytes.length);
  assert.deepEqual(await add(digest), { isAhead: true, files: 3 });
});

test("an archive that is not what its name says leaves nothing, nor what was read of it to the next of that name", async (t) => {
  const { archives, add } = await scene(t);
  const { bytes, digest } = await makeArchive();
  const other = await makeArchive();
  await archives.append(digest, 0, Readable.from([other.bytes]));
  await assert.rejects(add(digest), { code: "DIGEST_MISMATCH" });
  await archives.append(digest, 0, Readable.from([other.bytes.subarray(0, PART)]));
  await assert.rejects(add(digest), { code: "DIGEST_MISMATCH" });
  await archives.append(digest, 0, Readable.from([bytes]));
  assert.deepEqual(await add(digest), { isAhead: true, files: 3 });
});

test("of a spool that began anew under another reading, nothing that was read before counts", async (t) => {
  const { archives, uploads, add } = await scene(t);
  const { bytes, digest } = await makeArchive();
  const other = await makeArchive();
  await archives.append(digest, 0, Readable.from([other.bytes]));
  // As when it was found to be too large, or was left for a day.
  await uploads.remove(digest);
  await uploads.append(digest, 0, Readable.from([bytes]));
  assert.deepEqual(await add(digest), { isAhead: false, files: 3 });
  await archives.append(digest, 0, Readable.from([other.bytes]));
  await uploads.remove(digest);
  await archives.append(digest, 0, Readable.from([bytes]));
  assert.deepEqual(await add(digest, { name: "again" }), { isAhead: true, files: 3 });
});

test("of what comes no more, nobody waits for the rest", async (t) => {
  const { archives, seen, add } = await scene(t, 1);
  const { bytes, digest } = await makeArchive();
  await archives.append(digest, 0, Readable.from([bytes]));
  await waitFor("nothing that is read", () => seen.uploading === 0 || undefined);
  assert.deepEqual(await add(digest), { isAhead: false, files: 3 });
});

test("a packet that is asked for may take longer than the rest of its archive is waited for", async (t) => {
  const patienceMs = 300;
  const { archives, uploads } = await scene(t, patienceMs);
  const { bytes, digest } = await makeArchive();
  const request = { name: "p", tags: ["v1"], upload: digest, scripts: {} };
  let made: string | undefined;
  while (made === undefined) {
    await uploads.remove(digest);
    await archives.append(digest, 0, Readable.from([bytes]));
    // On a busy machine it may have been given up before it is asked for.
    made = await archives.making(request, async (ahead) => {
      await setTimeout(2 * patienceMs);
      return (await ahead?.packet(request, new AbortController().signal))?.packet.name;
    });
  }
  assert.equal(made, "p");
});

test("what is refused while it comes is refused for its request, and not before", async (t) => {
  const { archives, uploads, add } = await scene(t);
  const { bytes } = await makeArchive();
  const broken = Buffer.from(bytes);
  broken.fill(1, 600_000 + 1024, 600_000 + 2048);
  broken.fill(1, 300_000 + 1024, 300_000 + 2048);
  const digest = sha256(broken);
  assert.equal(await archives.append(digest, 0, Readable.from([broken])), broken.length);
  await assert.rejects(add(digest), { code: "ARCHIVE_CORRUPT" });
  assert.equal(await uploads.offset(digest), 0);
});

test("an archive with setuid files is read when it is said that it may have them", async (t) => {
  const { archives, add } = await scene(t);
  const { bytes, digest } = await makeArchive(0o4755);
  await archives.append(digest, 0, Readable.from([bytes]));
  assert.deepEqual(await add(digest, { setid: true }), { isAhead: false, files: 3 });
  await archives.append(digest, 0, Readable.from([bytes]));
  await assert.rejects(add(digest), { code: "ARCHIVE_UNSAFE" });
});

test("one is read while it comes, and gives its place to what is there", async (t) => {
  const { archives, add } = await scene(t);
  const [one, two, three] = [await makeArchive(), await makeArchive(), await makeArchive()];
  for (const { bytes, digest } of [one, two, three]) await archives.append(digest, 0, Readable.from([bytes]));
  const made = [two, three].map(({ digest }, n) => add(digest, { name: `there-${n}` }));
  assert.deepEqual(await Promise.all(made), [
    { isAhead: false, files: 3 },
    { isAhead: false, files: 3 },
  ]);
  assert.deepEqual(await add(one.digest), { isAhead: false, files: 3 });
});

test("on a full disk what was read goes with the upload", async (t) => {
  const { archives, blobs, seen } = await scene(t);
  const { files, bytes, digest } = await makeArchive();
  const { content, fail } = stopping(bytes);
  const full = assert.rejects(archives.append(digest, 0, content), { code: "STORAGE_FULL" });
  await waitFor(
    "the first file",
    async () => (await blobs.check(files[0]?.digest ?? "")) === "sound" || undefined,
  );
  fail(new JamesError("STORAGE_FULL", "there is no room", { hint: "Make room." }));
  await full;
  assert.equal(seen.collected, 1);
  for (const file of files) assert.equal(await blobs.check(file.digest), "missing");
});

test("for an archive that is being read no other thread is begun", async (t) => {
  const { archives, seen, add } = await scene(t);
  const { bytes, digest } = await makeArchive();
  archives.expect(digest);
  await archives.append(digest, 0, Readable.from([bytes]));
  const { expected } = seen;
  archives.expect(digest);
  assert.equal(seen.expected, expected);
  assert.deepEqual(await add(digest), { isAhead: true, files: 3 });
  archives.expect(digest);
  assert.equal(seen.expected, expected + 1);
});

test("who closes gives up what comes", async (t) => {
  const { archives, blobs } = await scene(t);
  const { files, bytes, digest } = await makeArchive();
  const { content, goOn } = stopping(bytes);
  const appending = archives.append(digest, 0, content);
  await waitFor(
    "the first file",
    async () => (await blobs.check(files[0]?.digest ?? "")) === "sound" || undefined,
  );
  await archives.close();
  goOn();
  assert.equal(await appending, bytes.length);
});
