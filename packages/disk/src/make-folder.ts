import { lstatSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { syncPath } from "./durable.ts";

const OWNER_ONLY = 0o700;

/** Makes a folder and those above it where missing, for this user alone, and makes their names durable. */
export function makeFolder(path: string): void {
  for (const made of makeFolders(path, OWNER_ONLY).toReversed()) syncPath(dirname(made));
}

/**
 * Makes a folder and those above it where missing. Node's own way (`recursive`) never ends where the kernel says ENOENT
 * although there is something to make it in, as in /proc: https://man7.org/linux/man-pages/man2/mkdir.2.html
 * @returns the folders that were made, the highest first
 * @throws the error of mkdir(2); EEXIST when something else has the name
 */
export function makeFolders(path: string, mode: number): readonly string[] {
  const missing: string[] = [];
  let at = resolve(path);
  let isMade = make(at, mode);
  for (; isMade === undefined; isMade = make(at, mode)) {
    missing.unshift(at);
    at = dirname(at);
  }
  const below = missing.filter((folder) => make(folder, mode));
  return isMade ? [at, ...below] : below;
}

/** True when it was made, false when it was there, undefined when the one above has to be made first. */
function make(path: string, mode: number): boolean | undefined {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
    const canMakeParent = code === "ENOENT" && !lstatSync(dirname(path), { throwIfNoEntry: false });
    if (canMakeParent) return undefined;
    throw cause;
  }
}
