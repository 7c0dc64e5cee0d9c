import { createHash, type Hash } from "node:crypto";
import {
  closeSync,
  constants,
  createReadStream,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
} from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, JamesError, manifestBlobs, type Packet } from "@jamesd/model";
import { type Layout, scriptFile } from "./layout.ts";
import type { Remote } from "./remote.ts";
import { requireRoom } from "./room.ts";

/**
 * Contents on the device that may serve instead of a download; they are hashed before they are believed. The function
 * gives a path that is good for one call.
 */
export type LocalCopies = ReadonlyMap<Digest, () => string>;

interface Wanted {
  readonly digest: Digest;
  readonly size: number;
  /** Where it goes once it is whole and verified. */
  readonly file: string;
  /** Scripts stay where they are fetched to, and must be durable there; files are made so when they are staged. */
  readonly isScript: boolean;
}

const DOWNLOADS_AT_ONCE = 6;
const PART = ".part";

/**
 * Brings every script and file content of these packets that is not here yet into the state directory, verified by
 * digest. Parts of a cut download stay and are gone on with, in the next attempt as well.
 */
export async function fetchBlobs(
  packets: readonly Packet[],
  layout: Layout,
  copies: LocalCopies,
  remote: Remote,
  signal: AbortSignal,
): Promise<void> {
  const wanted = wantedBlobs(packets, layout);
  requireRoom(
    layout.fetched,
    wanted.reduce((sum, { size }) => sum + size, 0) - partSizes(layout),
    wanted.length,
  );
  const queue = wanted.values();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      either.throwIfAborted();
      await fetchBlob(next.value, layout, copies, remote, either);
    }
  };
  const workers = Array.from({ length: DOWNLOADS_AT_ONCE }, worker);
  try {
    await Promise.all(workers);
  } catch (cause) {
    // The other downloads would go on writing while the caller already cleans up, or tries again.
    stop.abort(cause);
    await Promise.allSettled(workers);
    throw cause;
  }
}

/**
 * Makes parts of everything that an earlier process fetched, so that it is hashed again before use: blobs are synced
 * only when they are staged, and a power cut may have spoiled them.
 */
export function distrustFetched(layout: Layout): void {
  for (const name of readdirSync(layout.fetched))
    if (!name.endsWith(PART)) renameSync(join(layout.fetched, name), join(layout.fetched, name + PART));
}

/** Where the verified content of a file waits to be staged. */
export function fetchedFile(layout: Layout, digest: Digest): string {
  return join(layout.fetched, digest);
}

function wantedBlobs(packets: readonly Packet[], layout: Layout): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const packet of packets) {
    for (const script of Object.values(packet.scripts)) {
      const file = scriptFile(layout, script.digest);
      wanted.set(file, { ...script, file, isScript: true });
    }
    for (const [digest, size] of manifestBlobs(packet.manifest)) {
      const file = fetchedFile(layout, digest);
      wanted.set(file, { digest, size, file, isScript: false });
    }
  }
  return [...wanted.values()].filter(({ file, size }) => !isWhole(file, size));
}

// What is held of earlier downloads needs no room a second time.
function partSizes(layout: Layout): number {
  const parts = readdirSync(layout.fetched).filter((name) => name.endsWith(PART));
  return parts.reduce((sum, name) => sum + statSync(join(layout.fetched, name)).size, 0);
}

// A file under its final name was verified by this process: `distrustFetched` renamed those of earlier ones.
function isWhole(file: string, size: number): boolean {
  return existsSync(file) && statSync(file).size === size;
}

async function fetchBlob(
  wanted: Wanted,
  layout: Layout,
  copies: LocalCopies,
  remote: Remote,
  signal: AbortSignal,
): Promise<void> {
  const part = join(layout.fetched, (wanted.isScript ? `${wanted.digest}.script` : wanted.digest) + PART);
  const copy = copies.get(wanted.digest);
  if (copy !== undefined && (await takeCopy(copy, part, wanted))) return;
  await download(wanted, part, remote, signal);
}

async function takeCopy(copy: () => string, part: string, wanted: Wanted): Promise<boolean> {
  try {
    const fd = openSync(copy(), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    // Not blocked by a FIFO that somebody put there.
    if (!fstatSync(fd).isFile()) {
      closeSync(fd);
      return false;
    }
    await writePart(part, 0, createReadStream("", { fd }), wanted);
    return true;
  } catch {
    // Changed or gone since it was installed: the download decides.
    await rm(part, { force: true });
    return false;
  }
}

async function download(wanted: Wanted, part: string, remote: Remote, signal: AbortSignal): Promise<void> {
  const held = existsSync(part) ? Math.min(statSync(part).size, wanted.size) : 0;
  const content =
    held < wanted.size || wanted.size === 0 ? await remote.blob(wanted.digest, held, signal) : [];
  await writePart(part, held, content, wanted);
}

// Appends to what is held, verifies the whole and gives it its final name; a wrong content is not kept.
async function writePart(
  part: string,
  held: number,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  wanted: Wanted,
): Promise<void> {
  const hash = createHash("sha256");
  if (held > 0) await hashFile(part, hash, held);
  const file = await open(part, held > 0 ? "r+" : "w", 0o600);
  let size = held;
  try {
    for await (const chunk of content) {
      size += chunk.length;
      if (size > wanted.size) break;
      hash.update(chunk);
      await writeFully(file, chunk, size - chunk.length);
    }
    if (size < wanted.size)
      throw new JamesError(
        "SERVER_UNREACHABLE",
        `the download of blob ${wanted.digest} ended ${wanted.size - size} bytes early`,
      );
    if (wanted.isScript) await file.sync();
  } finally {
    await file.close();
  }
  if (size > wanted.size || hash.digest("hex") !== wanted.digest) {
    await rm(part, { force: true });
    throw new JamesError("DIGEST_MISMATCH", `the content that came for blob ${wanted.digest} is not that`);
  }
  await rename(part, wanted.file);
}

async function hashFile(path: string, hash: Hash, length: number): Promise<void> {
  for await (const chunk of createReadStream(path, { end: length - 1 })) hash.update(chunk as Buffer);
}

async function writeFully(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; )
    done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
}
