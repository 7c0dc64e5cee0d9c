import { statfsSync } from "node:fs";
import { JamesError } from "@jamesd/model";

/** Share of a file system's blocks and inodes that is left free. */
const RESERVE = 0.01;

/**
 * Sees that the file system of a folder, which people know as `name`, has room for so many bytes and files more.
 * @throws JamesError STORAGE_FULL
 */
export function requireRoom(folder: string, bytes: number, count: number, name = folder): void {
  const { bsize, blocks, bavail, files, ffree } = statfsSync(folder);
  if (bytes > (bavail - blocks * RESERVE) * bsize) throw full(name, "bytes", bytes, bavail * bsize);
  // A file system without a fixed number of inodes says 0.
  if (files > 0 && count > ffree - files * RESERVE) throw full(name, "inodes", count, ffree);
}

function full(name: string, what: string, needed: number, free: number): JamesError {
  return new JamesError(
    "STORAGE_FULL",
    `not enough room for ${name}: the plan needs ${needed} ${what} there, ${free} are free`,
    {
      hint: "Make room on the device; the plan is tried again by itself, at once after jamesd-ctl retry --id DEVICE.",
    },
  );
}
