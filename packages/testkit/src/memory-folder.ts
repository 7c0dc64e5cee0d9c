import { mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a folder of files in memory is mounted as (tmpfs(5)). */
const TMPFS = 0x01021994;
const SHARED_MEMORY = "/dev/shm";
const ENOUGH_BYTES = 4 * 2 ** 30;

/** A new folder, in memory where there is room: for tests of what does not depend on a disk, most of whose time would be waiting for it. */
export function memoryFolder(prefix: string): string {
  return mkdtempSync(join(hasRoom() ? SHARED_MEMORY : tmpdir(), prefix));
}

function hasRoom(): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(SHARED_MEMORY);
    return type === TMPFS && bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}
