import { createHash } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { readVerified, SMALL_BYTES } from "../disk/read-verified.ts";
import type { Remote } from "./remote.ts";
import { verify, type Wanted } from "./wanted.ts";

/** True for what is written in one go. Scripts are not: they have to be durable. */
export function isSmall({ size, isScript }: Wanted): boolean {
  return size <= SMALL_BYTES && !isScript;
}

/** Fetches a small content by a request of its own. @throws JamesError as `verify` does */
export async function fetchSmall(wanted: Wanted, remote: Remote, signal: AbortSignal): Promise<void> {
  await receiveSmall(await remote.blob(wanted.digest, 0, signal), wanted);
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
