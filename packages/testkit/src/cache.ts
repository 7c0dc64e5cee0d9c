import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** The folder in which downloads, and what is slow to make of them, outlive a run. */
const CACHE = process.env.JAMESD_CACHE ?? join(tmpdir(), "jamesd-cache");

/** A path in the cache; the folder it is in exists. */
export function cached(...parts: readonly string[]): string {
  const path = join(CACHE, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** Has a file or folder made unless it is there already; one that was cut short is not taken for whole. */
export async function keep(path: string, make: (part: string) => Promise<unknown>): Promise<string> {
  if (existsSync(path)) return path;
  // Of this process alone, for others may be making the same. Programs tell compressions by the end of a name: it stays.
  const part = join(dirname(path), `part-${process.pid}-${basename(path)}`);
  rmSync(part, { recursive: true, force: true });
  try {
    await make(part);
    takePlace(part, path);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return path;
}

/** Others may have made the same meanwhile: then a folder is not replaced, and theirs is as good. */
function takePlace(part: string, path: string): void {
  try {
    if (!existsSync(path)) renameSync(part, path);
  } catch (thrown) {
    if (!existsSync(path)) throw thrown;
  }
}
