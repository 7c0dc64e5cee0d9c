import {
  closeSync,
  fchmodSync,
  fsync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";

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

/** The same by another thread. It is opened at once: a path that leads through a descriptor may hold no longer than the call. */
export async function syncPathAside(path: string): Promise<void> {
  // Opening is quick: a trip to another thread would cost more than it.
  const fd = openSync(path, "r");
  try {
    await syncFile(fd);
  } finally {
    closeSync(fd);
  }
}

/** `syncPath` for many paths, several at once. */
export async function syncPaths(paths: Iterable<string>): Promise<void> {
  await severalSyncs(paths, syncPathAside);
}

/** Makes many things durable, several at once: the disk orders them better than we could. When one fails none is under way any more. */
export async function severalSyncs<T>(items: Iterable<T>, sync: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) await sync(next.value);
  };
  const ended = await Promise.allSettled(Array.from({ length: FSYNCS_AT_ONCE }, worker));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}

/**
 * Makes a file that must not be there yet, with its content durable; its name is when the folder is synced.
 * @param mode the permission bits, whatever the umask @throws EEXIST, and whatever else the system says
 */
export function makeDurably(path: string, content: string | Uint8Array, mode?: number): void {
  const fd = openSync(path, "wx", 0o600);
  try {
    writeFileSync(fd, content);
    // The mode that open(2) is given is cut by the umask.
    if (mode !== undefined) fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Replaces a file so that a crash at any moment leaves the old content or the new one, whole: written beside, synced,
 * renamed, and the directory synced. Durable when it returns. @throws what the system says
 */
export function writeDurably(path: string, content: string | Uint8Array): void {
  const beside = `${path}.new`;
  // Made anew: what stands there already may be a link to somewhere else, or a directory.
  rmSync(beside, { recursive: true, force: true });
  makeDurably(beside, content);
  renameSync(beside, path);
  syncPath(dirname(path));
}
