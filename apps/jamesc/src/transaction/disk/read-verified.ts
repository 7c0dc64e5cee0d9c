import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync } from "node:fs";
import type { Content } from "@jamesd/model";
import { readFully, UNTRUSTED_READ } from "./untrusted-read.ts";

/**
 * Contents up to this size are held whole and written by calls that do not leave the thread: for thousands of small
 * files, a trip through the thread pool for each call costs several times what the calls themselves do.
 */
export const SMALL_BYTES = 64 * 1024;

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
