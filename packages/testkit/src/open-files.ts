import { readdirSync, readlinkSync } from "node:fs";

/** The files in a folder, or below it, that this process has open now, each as often as it has. */
export function openFilesBelow(folder: string): readonly string[] {
  return readdirSync("/proc/self/fd")
    .flatMap((fd) => linkOf(`/proc/self/fd/${fd}`) ?? [])
    .filter((path) => path.startsWith(`${folder}/`));
}

/** Undefined for one that was closed meanwhile. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
