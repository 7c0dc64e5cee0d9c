import { closeSync, openSync, readdirSync } from "node:fs";
import { lockNames } from "./lock-name.ts";

/**
 * Looks at the locks of a program in a folder, one after the other, until a look finds something. Nothing is changed there.
 * @param look is given a path that is short enough for a socket
 */
export async function firstLock<T>(
  folder: string,
  program: string,
  look: (path: string, name: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  const fd = openSync(folder, "r");
  try {
    for (const name of lockNames(readdirSync(folder), program)) {
      const found = await look(`/proc/self/fd/${fd}/${name}`, name);
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    closeSync(fd);
  }
}
