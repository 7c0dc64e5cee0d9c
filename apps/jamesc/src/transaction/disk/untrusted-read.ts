import { constants, readSync } from "node:fs";

/** How to open what may have become a link or a FIFO: neither is followed or waited for. Whether it is a file shows fstat(2). */
export const UNTRUSTED_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Fills `into` with a file's bytes from a position on; false when the file ends before. */
export function readFully(fd: number, into: Uint8Array, position: number): boolean {
  for (let done = 0; done < into.length; ) {
    const read = readSync(fd, into, done, into.length - done, position + done);
    if (read === 0) return false;
    done += read;
  }
  return true;
}
