import { fstatSync, readFileSync } from "node:fs";
import { JamesError } from "@jamesd/model";

/** The entry of an open directory, as a path that the kernel resolves from the descriptor (proc(5)). */
export function entryIn(fd: number, name: string): string {
  return name === "" ? `/proc/self/fd/${fd}/.` : `/proc/self/fd/${fd}/${name}`;
}

/**
 * What two open directories have in common when rename(2) works between them: the mount (proc(5), /proc/pid/fdinfo), for it
 * fails between two mounts of one file system; and the device, which subvolumes of one mount have of their own (btrfs).
 */
export function renameKey(fd: number): string {
  return `${mountId(fd)} ${fstatSync(fd).dev}`;
}

/** The id of the mount that such a key is of. */
export function mountOf(key: string): number {
  return Number.parseInt(key, 10);
}

/** The id of the mount that an open file is on (proc(5), /proc/pid/fdinfo). */
export function mountId(fd: number): number {
  const [, id] = /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return Number(id);
}

/** True for errors that mean: there is nothing at that path; a link that leads round in a circle leads to nothing, and where a name is too long there cannot be anything. */
export function isMissing(cause: unknown): boolean {
  if (cause instanceof JamesError) return cause.code === "PATH_UNSAFE";
  return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes((cause as NodeJS.ErrnoException).code ?? "");
}
