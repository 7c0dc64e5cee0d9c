import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import type { DirectoryEntry, DriftKind, Entry, FileEntry } from "@jamesd/model";
import { getCapability, knowsCapabilities } from "../disk/capability.ts";
import { hasOwner } from "../disk/owners.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { UNTRUSTED_READ } from "../disk/untrusted-read.ts";
import { linkAt } from "../plan/content.ts";
import { ABSENT, directoryMark, type Mark, markedDirectory, markOf, sureMark, UNSURE } from "./mark.ts";
import type { Line } from "./note.ts";
import type { Pace } from "./pace.ts";

const CHUNK = 256 * 1024;

/** What an entry is compared on, and how fast. */
export interface Look {
  readonly root: RootFs;
  readonly pace: Pace;
  /** The device's clock: milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Compares what stands at an entry's path with the entry, its owner as it should be here, content and all; `before` is what was noted last. The path is
 * walked as the device has it: links that local users laid lead nowhere.
 */
export async function examine(entry: Entry, before: Mark | undefined, look: Look): Promise<Line> {
  const { path } = entry;
  try {
    if (entry.type === "directory") return examineDirectory(entry, before, look.root);
    const there = look.root.lstat(path);
    const kinds = there ? await kindsOf(entry, there, before, look) : (["missing"] as const);
    // What changed while it was read is read once more next time.
    const after = look.root.lstat(path);
    const mark = markOf(there) === markOf(after) ? sureMark(after, look.now()) : UNSURE;
    return { path, mark, kinds };
  } catch {
    look.pace.goOn();
    return { path, mark: UNSURE, kinds: ["unreadable"] };
  }
}

/**
 * A directory is shared: what it should be like is how it was when its packet was installed. Through a link, as of a merged
 * /usr, it is the device's own.
 */
export function examineDirectory(
  { path }: Pick<DirectoryEntry, "path">,
  before: Mark | undefined,
  root: RootFs,
): Line {
  const there = root.lstat(path);
  const noted = before === undefined ? undefined : markedDirectory(before);
  if (there?.isSymbolicLink() && root.isDirectory(path)) return { path, mark: before ?? UNSURE, kinds: [] };
  const mark = noted ? directoryMark(noted) : there?.isDirectory() ? directoryMark(there) : ABSENT;
  if (!there?.isDirectory()) return { path, mark, kinds: [there ? "type" : "missing"] };
  return { path, mark, kinds: noted ? modeKinds(there, noted) : [] };
}

async function kindsOf(
  entry: Exclude<Entry, DirectoryEntry>,
  there: Stats,
  before: Mark | undefined,
  look: Look,
): Promise<readonly DriftKind[]> {
  if (entry.type === "symlink") {
    if (!there.isSymbolicLink()) return ["type"];
    const target = linkAt(entry.path, look.root) === entry.target ? [] : (["target"] as const);
    return [...target, ...(hasOwner(there, entry) ? [] : (["owner"] as const))];
  }
  if (!there.isFile()) return ["type"];
  const isSame = there.size === entry.size && (await hashAt(entry, look)) === entry.digest;
  const kinds: readonly DriftKind[] = [...(isSame ? [] : (["content"] as const)), ...modeKinds(there, entry)];
  return kinds.length > 0 || hasCapability(entry, there, before, look) ? kinds : ["capability"];
}

function modeKinds(
  there: Stats,
  wanted: { readonly mode: number; readonly uid: number; readonly gid: number },
): readonly DriftKind[] {
  const mode = (there.mode & 0o7777) === wanted.mode ? [] : (["mode"] as const);
  return [...mode, ...(hasOwner(there, wanted) ? [] : (["owner"] as const))];
}

async function hashAt({ path, size }: FileEntry, { root, pace }: Look): Promise<string | undefined> {
  const fd = openSync(root.at(path), UNTRUSTED_READ);
  try {
    if (!fstatSync(fd).isFile()) return undefined;
    const hash = createHash("sha256");
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size + 1));
    // One byte more than it should have: its owner can make it grow while it is read.
    for (let left = size + 1; left > 0; ) {
      const length = readSync(fd, chunk, 0, Math.min(chunk.length, left), null);
      if (length === 0) return hash.digest("hex");
      hash.update(chunk.subarray(0, length));
      left -= length;
      pace.read(length);
      if (pace.isDue) await pace.rest();
    }
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/**
 * Capabilities are seen by a tool of the device, which costs a process: those that are declared always; others only of
 * programs to which something was done. Where no tool can tell, nothing is said.
 */
function hasCapability(
  { path, capability, mode }: FileEntry,
  there: Stats,
  before: Mark | undefined,
  { root }: Look,
): boolean {
  const isTouched = before !== undefined && before !== markOf(there);
  const isAsked = capability !== undefined || (isTouched && (mode & 0o111) !== 0);
  if (!isAsked || process.geteuid?.() !== 0 || !knowsCapabilities()) return true;
  const fd = openSync(root.at(path), UNTRUSTED_READ);
  try {
    return getCapability(fd) === capability;
  } catch {
    return true;
  } finally {
    closeSync(fd);
  }
}
