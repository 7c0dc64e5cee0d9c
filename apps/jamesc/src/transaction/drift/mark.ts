import type { Stats } from "node:fs";
import type { DirectoryMode } from "../plan/directory-modes.ts";

/**
 * What was seen of a path, as a text: while it is the same, nothing was done to what stands there. Whatever is done to a
 * file or link changes its time of change, which nobody can set (inode(7)); but for what is written to a page of memory that
 * it is mapped to and that is dirty already (mmap(2)): that is seen when all contents are compared. That of a directory changes with what is put
 * into it, so that of one only mode and owner count.
 */
export type Mark = string;

/** Nothing stands there. */
export const ABSENT: Mark = "-";

/** It may change, or have changed, without being seen: it is to be looked at whole. */
export const UNSURE: Mark = "?";

/** Kernels count the time of changes in ticks of up to 10 ms: two changes in one tick look like one. */
const TICKS_MS = 25;

/** What of a file or link its mark is made of. */
export type Marked = Pick<Stats, "ino" | "size" | "mode" | "uid" | "gid" | "ctimeMs">;

/** The mark of a file or link. */
export function markOf(there: Marked | undefined): Mark {
  if (!there) return ABSENT;
  const { ino, size, mode, uid, gid, ctimeMs } = there;
  return `${ino} ${size} ${mode.toString(8)} ${uid} ${gid} ${ctimeMs}`;
}

/**
 * The mark to note of what was seen at `now`, milliseconds since the epoch. What changed in that moment, or after it by a
 * clock that was set back since, may change once more and look the same.
 */
export function sureMark(there: Marked | undefined, now: number): Mark {
  return there && there.ctimeMs > now - TICKS_MS ? UNSURE : markOf(there);
}

/** The mark of a directory: what it is like. */
export function directoryMark({ mode, uid, gid }: DirectoryMode): Mark {
  return ["d", (mode & 0o7777).toString(8), uid, gid].join(" ");
}

/** What a directory was like when its mark was noted; undefined: it is no mark of one. */
export function markedDirectory(mark: Mark): DirectoryMode | undefined {
  if (!mark.startsWith("d ")) return undefined;
  const [, mode = "", uid, gid] = mark.split(" ");
  return { mode: Number.parseInt(mode, 8), uid: Number(uid), gid: Number(gid) };
}
