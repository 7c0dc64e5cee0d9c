import { closeSync, fsync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { naming } from "./device-error.ts";

const syncFile = promisify(fsync);
const FSYNCS_AT_ONCE = 16;

/** Makes a file's content and inode, or a directory's names, durable (fsync(2)). */
export function syncPath(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** `syncPath` for many paths, several at once: the disk orders them better than we could. */
export async function syncPaths(paths: Iterable<string>): Promise<void> {
  const queue = paths[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      // Opening is quick: a trip to another thread would cost more than it.
      const fd = openSync(next.value, "r");
      try {
        await syncFile(fd);
      } finally {
        closeSync(fd);
      }
    }
  };
  await Promise.all(Array.from({ length: FSYNCS_AT_ONCE }, worker));
}

/**
 * Replaces a file so that a crash at any moment leaves the old content or the new one, whole: written beside, synced,
 * renamed, and the directory synced. Durable when it returns. @throws JamesError naming the file when the system refuses
 */
export function writeDurably(path: string, content: string | Uint8Array): void {
  naming("write", path, () => replace(path, content));
}

function replace(path: string, content: string | Uint8Array): void {
  const beside = `${path}.new`;
  // Made anew: what stands there already may be a link to somewhere else, or a directory.
  rmSync(beside, { recursive: true, force: true });
  const fd = openSync(beside, "wx", 0o600);
  try {
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(beside, path);
  syncPath(dirname(path));
}
