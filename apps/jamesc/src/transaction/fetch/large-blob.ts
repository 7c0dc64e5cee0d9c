import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { sizeOf } from "@jamesd/disk";
import { UNTRUSTED_READ } from "../disk/untrusted-read.ts";
import { compressedPart, fetchCompressed, type Take } from "./compressed-blob.ts";
import type { Remote } from "./remote.ts";
import { isMismatch, verify, type Wanted } from "./wanted.ts";

/** Chunks are gathered up to this size before they are written: TLS gives them in 16 KiB or less. */
const PIECE_BYTES = 64 * 1024;

/** A content, or what comes of it behind what is held. */
type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Fetches a content, compressed if the server has it so. What a cut download brought is kept in the form in which it
 * came, and gone on with. @throws JamesError as `verify` does
 */
export async function fetchLarge(
  wanted: Wanted,
  remote: Remote,
  signal: AbortSignal,
  take: Take = (content) => writeLarge(() => content, 0, wanted),
): Promise<void> {
  const [compressed, plain] = [sizeOf(compressedPart(wanted)), sizeOf(wanted.part)];
  const isPlain = compressed === 0 && plain > 0;
  // Of the compressed form the length is not known: from its last byte on there is always something to ask for.
  const held = isPlain ? Math.min(plain, wanted.size) : Math.max(0, compressed - 1);
  const from = (start: number): Promise<void> =>
    isPlain
      ? fetchPlain(wanted, start, remote, signal)
      : fetchCompressed(wanted, start, remote, signal, take);
  try {
    await from(held);
  } catch (cause) {
    // A power cut may have spoiled what was held: only when all of it came now, the server is to blame.
    if (held === 0 || !isMismatch(cause)) throw cause;
    await from(0);
  }
}

async function fetchPlain(wanted: Wanted, start: number, remote: Remote, signal: AbortSignal): Promise<void> {
  const isWhole = start === wanted.size && start > 0;
  await writeLarge(() => (isWhole ? [] : remote.blob(wanted.digest, start, signal)), start, wanted);
}

/**
 * Appends to the part that is held, verifies the whole and gives it its final name. A cut download's part stays, to be
 * gone on with; a wrong content is not kept. @throws JamesError as `verify` does
 * @param ask gives what is to be appended; asked when the part is hashed, for a server does not wait for a slow device
 */
export async function writeLarge(
  ask: () => Chunks | Promise<Chunks>,
  held: number,
  wanted: Wanted,
): Promise<void> {
  const hash = createHash("sha256");
  if (held > 0) await hashFile(wanted.part, hash, held);
  const content = await ask();
  const file = await open(wanted.part, held > 0 ? "r+" : "w", 0o600);
  let size = held;
  try {
    try {
      for await (const piece of pieces(content)) {
        for (const chunk of piece) hash.update(chunk);
        const from = size;
        size += lengthOf(piece);
        if (size > wanted.size) break;
        await writeFully(file, piece, from);
      }
      verify(wanted, size, hash);
      if (wanted.isScript) await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isMismatch(cause)) await rm(wanted.part, { force: true });
    throw cause;
  }
  await rename(wanted.part, wanted.file);
}

/** Copies a content that may be at a path. */
export async function takeLargeCopy(path: string, wanted: Wanted): Promise<boolean> {
  const file = await open(path, UNTRUSTED_READ);
  try {
    if (!(await file.stat()).isFile()) return false;
    await writeLarge(() => file.createReadStream({ autoClose: false }), 0, wanted);
    return true;
  } finally {
    await file.close();
  }
}

async function hashFile(path: string, hash: Hash, length: number): Promise<void> {
  for await (const chunk of createReadStream(path, { end: length - 1 })) hash.update(chunk as Buffer);
}

// What was gathered when the content fails is still given: the next attempt goes on behind it.
async function* pieces(content: Chunks): AsyncGenerator<readonly Uint8Array[]> {
  let piece: Uint8Array[] = [];
  let size = 0;
  let failure: { readonly cause: unknown } | undefined;
  try {
    for await (const chunk of content) {
      piece.push(chunk);
      size += chunk.length;
      if (size < PIECE_BYTES) continue;
      yield piece;
      piece = [];
      size = 0;
    }
  } catch (cause) {
    failure = { cause };
  }
  if (size > 0) yield piece;
  if (failure) throw failure.cause;
}

async function writeFully(file: FileHandle, piece: readonly Uint8Array[], position: number): Promise<void> {
  const { bytesWritten } = await file.writev(piece as Uint8Array[], position);
  if (bytesWritten === lengthOf(piece)) return;
  // Rare, such as on a disk that is just getting full.
  const rest = Buffer.concat(piece).subarray(bytesWritten);
  for (let done = 0; done < rest.length; )
    done += (await file.write(rest, done, rest.length - done, position + bytesWritten + done)).bytesWritten;
}

function lengthOf(piece: readonly Uint8Array[]): number {
  return piece.reduce((sum, { length }) => sum + length, 0);
}
