import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

/** Facts are hints: what cannot be read is not there. */

/** The text of a small file. */
export function readText(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

/** The start of a file, up to `length` bytes, one character a byte. */
export function readStart(root: string, path: string, length: number): string | undefined {
  try {
    const file = openSync(join(root, path), "r");
    try {
      const buffer = Buffer.alloc(length);
      return buffer.toString("latin1", 0, readSync(file, buffer, 0, length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** The names in a folder. */
export function readNames(root: string, path: string): readonly string[] {
  try {
    return readdirSync(join(root, path)).sort();
  } catch {
    return [];
  }
}

export function exists(root: string, path: string): boolean {
  return existsSync(join(root, path));
}
