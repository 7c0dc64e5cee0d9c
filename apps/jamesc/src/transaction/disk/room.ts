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
  const [keptBlocks, keptFiles] = [Math.ceil(blocks * RESERVE), Math.ceil(files * RESERVE)];
  // What has no size of its own, such as a ramfs, an unbounded tmpfs and much of FUSE, says 0 of blocks, and of inodes.
  if (blocks > 0 && bytes > (bavail - keptBlocks) * bsize)
    throw full(name, "bytes", { needed: bytes, free: bavail * bsize, kept: keptBlocks * bsize });
  // So does, of inodes alone, what makes them as they are needed.
  if (files > 0 && count > ffree - keptFiles)
    throw full(name, "inodes", { needed: count, free: ffree, kept: keptFiles });
}

interface Shortage {
  readonly needed: number;
  readonly free: number;
  /** How much of that is left free. */
  readonly kept: number;
}

function full(name: string, what: string, { needed, free, kept }: Shortage): JamesError {
  return new JamesError(
    "STORAGE_FULL",
    `not enough room for ${name}: the plan needs ${needed} ${what} there besides ${kept} that stay free, and ${free} are free`,
    {
      hint: "Make room on the device; the plan is tried again by itself, at once after jamesd-ctl retry --id DEVICE.",
    },
  );
}
