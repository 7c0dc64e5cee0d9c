import { readdirSync, readlinkSync } from "node:fs";

/** How many files of a folder, or below it, this process has open now. */
export function openFilesBelow(folder: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => linkOf(`/proc/self/fd/${fd}`)?.startsWith(`${folder}/`))
    .length;
}

/** Undefined for one that was closed meanwhile. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
