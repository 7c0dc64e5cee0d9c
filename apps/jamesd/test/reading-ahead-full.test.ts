import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { DEFAULT_LIMITS, writeArchive } from "@jamesd/archive";
import { JamesError, sha256 } from "@jamesd/model";
import { memoryFolder, waitFor } from "@jamesd/testkit";
import { openFolderBlobStore } from "../src/blobs/folder.ts";
import { PacketThreads } from "../src/ingest/packet-thread.ts";
import { ReadingAhead } from "../src/ingest/reading-ahead.ts";
import { openUploads } from "../src/ingest/uploads.ts";

test("of an archive that filled the disk nothing stays when it is given up", async (t) => {
  const dir = memoryFolder("jamesd-ahead-full-");
  const blobs = await openFolderBlobStore(join(dir, "blobs"));
  const { promise: isFull, resolve } = Promise.withResolvers<void>();
  let collected = 0;
  const archives = new ReadingAhead({
    uploads: await openUploads(join(dir, "uploads")),
    blobs: {
      hold: () => blobs.hold(),
      // Nothing is stored that the thread has.
      lend: async (hold) => {
        const loan = await blobs.lend(hold);
        const hear = async (): Promise<never> => {
          setImmediate(resolve);
          throw new JamesError("STORAGE_FULL", "no space left");
        };
        return { task: loan.task, hear, end: () => loan.end() };
      },
    },
    limits: DEFAULT_LIMITS,
    threads: new PacketThreads(DEFAULT_LIMITS),
    recompression: { uploading: () => ({ [Symbol.dispose]: () => undefined }) },
    collect: async () => {
      collected += 1;
    },
    failed: (thrown) => assert.fail(String(thrown)),
  });
  t.after(async () => {
    await archives.close();
    await rm(dir, { recursive: true });
  });
  const content = randomBytes(300_000);
  const file = { type: "file", path: "a", mode: 0o644, uid: 0, gid: 0 } as const;
  const entry = { ...file, size: content.length, digest: sha256(content) };
  const bytes = await buffer(writeArchive([entry], () => Readable.from([content])));
  const upload = sha256(bytes);
  assert.equal(await archives.append(upload, 0, Readable.from([bytes])), bytes.length);
  await isFull;
  assert.equal(collected, 0);
  const request = { name: "p", tags: ["v1"], upload, scripts: {} };
  await archives.making(request, async (ahead) => assert.equal(ahead, undefined));
  await waitFor("a collection", async () => collected === 1 || undefined);
});
