import { createHash } from "node:crypto";
// Without node:fs/promises, which takes half a megabyte: who only looks for drift waits again afterwards.
import {
  closeSync,
  createReadStream,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from "node:fs";
import { type Digest, type FileEntry, JamesError, type PlacedEntry } from "@jamesd/model";
import { naming } from "../disk/device-error.ts";
import { readVerified, SMALL_BYTES } from "../disk/read-verified.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { UNTRUSTED_READ } from "../disk/untrusted-read.ts";

const CHUNK = 256 * 1024;

/**
 * The digest of the regular file at the path; undefined when there is none, or something else stands there, or it is longer
 * than `mostBytes`: its owner can make one of terabytes that takes no room, also while it is read.
 */
export function contentAt(path: string, root: RootFs, mostBytes: number): Digest | undefined {
  const there = root.lstat(path);
  if (!there?.isFile() || there.size > mostBytes) return undefined;
  return naming("read", `/${path}`, () => {
    const fd = openSync(root.at(path), UNTRUSTED_READ);
    try {
      return fstatSync(fd).isFile() ? hashOf(fd, mostBytes) : undefined;
    } finally {
      closeSync(fd);
    }
  });
}

/** True when what stands at an entry's path is a file or link with the content or target that it has. */
export function isThere(entry: PlacedEntry, root: RootFs): boolean {
  if (entry.type === "symlink") return linkAt(entry.path, root) === entry.target;
  return (
    root.lstat(entry.path)?.size === entry.size && contentAt(entry.path, root, entry.size) === entry.digest
  );
}

/** True when the regular file that stands at an entry's path has its content. */
export async function hasContent(entry: FileEntry, root: RootFs): Promise<boolean> {
  const path = root.at(entry.path);
  if (entry.size <= SMALL_BYTES) return readVerified(path, entry) !== undefined;
  const fd = openSync(path, UNTRUSTED_READ);
  try {
    if (!fstatSync(fd).isFile()) return false;
    const hash = createHash("sha256");
    for await (const chunk of createReadStream("", { fd, autoClose: false, highWaterMark: CHUNK }))
      hash.update(chunk as Buffer);
    return hash.digest("hex") === entry.digest;
  } finally {
    closeSync(fd);
  }
}

/** The target of the symbolic link at the path; undefined when none stands there. */
export function linkAt(path: string, root: RootFs): string | undefined {
  return root.lstat(path)?.isSymbolicLink() ? readlinkSync(root.at(path)) : undefined;
}

/** True when nothing was done to a file since: whatever is done to one changes that time, and nobody can set it (inode(7)). */
export function isUntouched(now: Stats, then: Pick<Stats, "ino" | "ctimeMs">): boolean {
  return now.ino === then.ino && now.ctimeMs === then.ctimeMs;
}

/** What to say of a file that was to stay as it was when it was compared. */
export function changedMeanwhile(path: string): JamesError {
  return new JamesError("TRANSACTION_FAILED", `/${path} was changed while the plan was carried out`, {
    hint: "The next try looks at it anew.",
  });
}

function hashOf(fd: number, mostBytes: number): Digest | undefined {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(CHUNK);
  let left = mostBytes;
  for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) {
    left -= length;
    if (left < 0) return undefined;
    hash.update(chunk.subarray(0, length));
  }
  return hash.digest("hex");
}
