import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "@jamesd/archive";
import { sha256 } from "@jamesd/model";
import { openFolderBlobStore } from "../src/blobs/folder.ts";
import { ingestPacket } from "../src/ingest/ingest.ts";
import { PacketThreads } from "../src/ingest/packet-thread.ts";
import { ReadingAhead } from "../src/ingest/reading-ahead.ts";
import { openUploads } from "../src/ingest/uploads.ts";
import { openSqliteRepository } from "../src/sqlite/open.ts";

// Started by ahead-kill.test.ts: uploads what is missing of an archive, which is read meanwhile, and makes a packet of it.
const [dir = "", archive = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);

const PART_BYTES = 64 * 1024;

const failed = (thrown: unknown): void => {
  throw thrown;
};
const repository = await openSqliteRepository(join(dir, "jamesd.db"));
const blobs = await openFolderBlobStore(join(dir, "blobs"));
const uploads = await openUploads(join(dir, "uploads"));
const threads = new PacketThreads(DEFAULT_LIMITS);
const archives = new ReadingAhead({
  ...{ uploads, blobs, threads, limits: DEFAULT_LIMITS, failed },
  recompression: { uploading: () => ({ [Symbol.dispose]: () => undefined }) },
  collect: () => blobs.collect(async () => new Set()),
});
const bytes = readFileSync(archive);
const upload = sha256(bytes);
const request = { name: "p", tags: ["v1"], upload, scripts: {} };

/** What is missing of it, in parts between which others run. */
async function* missing(from: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < bytes.length; at += PART_BYTES) yield bytes.subarray(at, at + PART_BYTES);
}

const isMade = (await repository.packets.all()).length > 0;
const offset = isMade ? bytes.length : await uploads.offset(upload);
if (offset < bytes.length) {
  const end = await archives.append(upload, offset, missing(offset));
  writeSync(1, `uploaded ${end}\n`);
}
await archives.making(request, async (ahead) => {
  const stores = { uploads, blobs, packets: repository.packets, make: threads.make, failed, ahead };
  const origin = { author: "olga", address: "10.0.0.1", time: 1 };
  const { info } = await ingestPacket(request, origin, stores, new AbortController().signal);
  writeSync(1, `made ${info.digest}\n`);
});
await archives.close();
await repository.close();
