import { closeSync, open, read } from "node:fs";

/**
 * Reads a whole file that is not longer than `limit` bytes; gives undefined for a longer one. By as few calls as can be,
 * for each is a trip through the thread pool: its length is not asked for, and closing what was only read waits for nothing.
 */
export function readUpTo(path: string, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    open(path, "r", (openError, fd) => {
      if (openError) return reject(openError);
      const scratch = Buffer.allocUnsafeSlow(limit + 1);
      read(fd, scratch, 0, scratch.length, 0, (readError, length) => {
        closeSync(fd);
        if (readError) return reject(readError);
        resolve(length > limit ? undefined : Buffer.from(scratch.subarray(0, length)));
      });
    });
  });
}
