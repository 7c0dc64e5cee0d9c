import { createHash, type Hash } from "node:crypto";
import { closeSync, createReadStream, openSync, rmSync, writeSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { SMALL_BYTES } from "../disk/read-verified.ts";
import { isMismatch, verify, type Wanted } from "./fetched.ts";
import type { SyncBehind } from "./sync-behind.ts";

/** Chunks are gathered up to this size before they are written: TLS gives them in 16 KiB or less, and each call is a trip to another thread. */
export const PIECE_BYTES = 256 * 1024;
/** Nor are more gathered: a server may send them byte by byte, and each is some hundred bytes of memory. */
const PIECE_CHUNKS = 1024;

/** A content, or what comes of it behind what is held. */
type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** True for what is written in one go. Scripts are not: they have to be durable. */
export function isSmall({ size, isScript }: Wanted): boolean {
  return size <= SMALL_BYTES && !isScript;
}

/** Reads a small content, verifies it and writes it under its final name. @throws JamesError as `verify` does */
export async function receiveSmall(content: Chunks, wanted: Wanted): Promise<void> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces(content)) {
    size += lengthOf(piece);
    if (size > wanted.size) break;
    chunks.push(piece.length === 1 && piece[0] ? piece[0] : Buffer.concat(piece));
  }
  writeSmall(chunks, size, wanted);
}

/** The same of a content that is there. */
export function takeSmall(content: Uint8Array, wanted: Wanted): void {
  writeSmall([content], content.length, wanted);
}

/** Verifies a small content of `size` bytes in memory and writes it under its final name. @throws JamesError as `verify` does */
function writeSmall(chunks: readonly Uint8Array[], size: number, wanted: Wanted): void {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  verify(wanted, size, hash);
  writeWhole(wanted.file, chunks);
}

/** Writes a verified content. A crash may leave half of it under its final name: what an earlier process left is hashed again before it is used. */
export function writeWhole(file: string, chunks: readonly Uint8Array[]): void {
  const fd = openSync(file, "w", 0o600);
  try {
    for (const chunk of chunks)
      for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done, chunk.length - done);
  } catch (cause) {
    rmSync(file, { force: true });
    throw cause;
  } finally {
    closeSync(fd);
  }
}

/**
 * Appends to the part that is held, verifies the whole and gives it its final name. A cut download's part stays, to be
 * gone on with; a wrong content is not kept. @throws JamesError as `verify` does
 * @param ask gives what is to be appended; asked when the part is hashed, for a server does not wait for a slow device
 * @param behind has the disk take what is written while the rest comes
 */
export async function writeLarge(
  ask: () => Chunks | Promise<Chunks>,
  held: number,
  wanted: Wanted,
  behind?: SyncBehind,
): Promise<void> {
  const hash = createHash("sha256");
  if (held > 0) await hashFile(wanted.part, hash, held);
  const content = await ask();
  const file = await open(wanted.part, held > 0 ? "r+" : "w", 0o600);
  let size = held;
  let synced = 0;
  try {
    try {
      for await (const piece of pieces(content)) {
        const from = size;
        size += lengthOf(piece);
        if (size > wanted.size) break;
        // Written by another thread meanwhile.
        await during(writeFully(file, piece, from), () => {
          for (const chunk of piece) hash.update(chunk);
        });
        if (behind?.wrote(wanted, size - synced)) synced = size;
      }
      verify(wanted, size, hash);
      if (wanted.isScript) await syncScript(file, wanted);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isMismatch(cause)) await rm(wanted.part, { force: true });
    throw cause;
  }
  await rename(wanted.part, wanted.file);
}

// What the disk did not take is in memory as it should be, and would be believed to be durable when it is synced once more.
async function syncScript(file: FileHandle, { part }: Wanted): Promise<void> {
  try {
    await file.sync();
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
}

async function hashFile(path: string, hash: Hash, length: number): Promise<void> {
  for await (const chunk of createReadStream(path, { end: length - 1 })) hash.update(chunk as Buffer);
}

/** Does something while something else is under way. */
async function during(underWay: Promise<void>, work: () => void): Promise<void> {
  underWay.catch(() => undefined);
  work();
  await underWay;
}

/** Gathers chunks. What was gathered when the content fails is still given: the next attempt goes on behind it. */
export async function* pieces(content: Chunks): AsyncGenerator<readonly Uint8Array[]> {
  let piece: Uint8Array[] = [];
  let size = 0;
  let failure: { readonly cause: unknown } | undefined;
  try {
    for await (const chunk of content) {
      piece.push(chunk);
      size += chunk.length;
      if (size < PIECE_BYTES && piece.length < PIECE_CHUNKS) continue;
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

/**
 * Gathers chunks into two buffers by turns: a piece holds until the next but one is asked for. One that is as large as a
 * piece is given as it is, and so is all behind it: chunks hold no longer, and to ask for more of them while that piece is
 * read would let it go. What was gathered when the content fails is still given: the next attempt goes on behind it.
 */
export async function* gathered(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let [piece, other] = [Buffer.alloc(0), Buffer.alloc(0)];
  let size = 0;
  let isAsItComes = false;
  let failure: { readonly cause: unknown } | undefined;
  try {
    for await (const chunk of content) {
      isAsItComes ||= size === 0 && chunk.length >= PIECE_BYTES;
      if (isAsItComes) {
        yield chunk;
        continue;
      }
      for (let done = 0; done < chunk.length; ) {
        if (piece.length === 0) piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
        const taken = chunk.subarray(done, done + PIECE_BYTES - size);
        piece.set(taken, size);
        done += taken.length;
        size += taken.length;
        if (size < PIECE_BYTES) continue;
        yield piece;
        [piece, other, size] = [other, piece, 0];
      }
    }
  } catch (cause) {
    failure = { cause };
  }
  if (size > 0) yield piece.subarray(0, size);
  if (failure) throw failure.cause;
}

/** Writes a piece at a position. */
export async function writeFully(
  file: FileHandle,
  piece: readonly Uint8Array[],
  position: number,
): Promise<void> {
  const { bytesWritten } = await file.writev(piece as Uint8Array[], position);
  if (bytesWritten === lengthOf(piece)) return;
  // Rare, such as on a disk that is just getting full.
  const rest = Buffer.concat(piece).subarray(bytesWritten);
  for (let done = 0; done < rest.length; )
    done += (await file.write(rest, done, rest.length - done, position + bytesWritten + done)).bytesWritten;
}

/** The bytes of a piece. */
function lengthOf(piece: readonly Uint8Array[]): number {
  return piece.reduce((sum, { length }) => sum + length, 0);
}
