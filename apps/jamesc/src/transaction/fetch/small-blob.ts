import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { Content } from "@jamesd/model";
import { readFully, UNTRUSTED_READ } from "../disk/untrusted-read.ts";
import { verify, type Wanted } from "./wanted.ts";

/**
 * Contents up to this size are held whole and written by calls that do not leave the thread: for thousands of small
 * files, a trip through the thread pool for each call costs several times what the calls themselves do.
 */
export const SMALL_BYTES = 64 * 1024;

/** True for what is written in one go. Scripts are not: they have to be durable. */
export function isSmall({ size, isScript }: Wanted): boolean {
  return size <= SMALL_BYTES && !isScript;
}

/** Reads a small content, verifies it and writes it under its final name. @throws JamesError as `verify` does */
export async function receiveSmall(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  wanted: Wanted,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > wanted.size) break;
    chunks.push(chunk);
  }
  writeSmall(chunks, size, wanted);
}

/** Verifies a small content of `size` bytes in memory and writes it under its final name. @throws JamesError as `verify` does */
export function writeSmall(chunks: readonly Uint8Array[], size: number, wanted: Wanted): void {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  verify(wanted, size, hash);
  writeWhole(wanted.file, chunks);
}

/** Takes a small content that an earlier process has fetched: its part, when that is whole. One that is not goes. */
export function takeSmallPart(wanted: Wanted): boolean {
  const isWhole = readVerified(wanted.part, wanted) !== undefined;
  if (isWhole) renameSync(wanted.part, wanted.file);
  else rmSync(wanted.part, { force: true });
  return isWhole;
}

/** Copies a small content that may be at a path. */
export function takeSmallCopy(path: string, wanted: Wanted): boolean {
  const bytes = readVerified(path, wanted);
  if (bytes === undefined) return false;
  writeWhole(wanted.file, [bytes]);
  return true;
}

/** What is at the path, when it is a file with the content that is wanted. @throws what open(2) does when nothing is there */
export function readVerified(path: string, { digest, size }: Content): Uint8Array | undefined {
  const fd = openSync(path, UNTRUSTED_READ);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || stats.size !== size) return undefined;
    const bytes = Buffer.allocUnsafe(size);
    if (!readFully(fd, bytes, 0)) return undefined;
    return createHash("sha256").update(bytes).digest("hex") === digest ? bytes : undefined;
  } finally {
    closeSync(fd);
  }
}

// A crash may leave half of it under its final name: what an earlier process left is hashed again before it is used.
function writeWhole(file: string, chunks: readonly Uint8Array[]): void {
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
