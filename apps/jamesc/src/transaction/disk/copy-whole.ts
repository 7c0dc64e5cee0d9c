import {
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { JamesError } from "@jamesd/model";
import { getCapability, setCapability } from "./capability.ts";
import { NEW_FILE } from "./new-file.ts";
import { UNTRUSTED_READ } from "./untrusted-read.ts";

const CHUNK = 256 * 1024;
/** open(2); Node has no name for it. */
const O_PATH = 0o10000000;

/** Of capabilities: those of the file that is copied. */
export const ITS_OWN = "its own";

/**
 * Copies a file or link with its mode, owner and times to a path where nothing stands, durably but for its name. The
 * path may be in a directory that a user owns: whatever is done after making it is done by descriptor.
 * @param capability in hexadecimal digits, what the copy gets; none when it is left out
 * @throws JamesError DEVICE_IO when it cannot have them
 */
export function copyWhole(from: string, to: string, capability?: string): void {
  const stats = lstatSync(from);
  if (stats.isSymbolicLink()) copyLink(from, to, stats);
  else copyFile(from, to, stats, capability);
}

function copyLink(from: string, to: string, { uid, gid }: Stats): void {
  symlinkSync(readlinkSync(from), to);
  if (process.geteuid?.() !== 0) return;
  const fd = openSync(to, O_PATH | constants.O_NOFOLLOW);
  try {
    const made = fstatSync(fd);
    if (!made.isSymbolicLink() || made.uid !== 0 || made.nlink !== 1) throw swapped();
    // The link itself: the kernel does not follow one that a descriptor leads to.
    chownSync(`/proc/self/fd/${fd}`, uid, gid);
  } finally {
    closeSync(fd);
  }
}

function copyFile(
  from: string,
  to: string,
  { mode, uid, gid, atime, mtime }: Stats,
  wanted: string | undefined,
): void {
  const source = openSync(from, UNTRUSTED_READ);
  try {
    const copy = openSync(to, NEW_FILE, 0o600);
    try {
      copyBytes(source, copy);
      if (process.geteuid?.() === 0) fchownSync(copy, uid, gid);
      // After the owner: chown(2) clears the set-id bits.
      fchmodSync(copy, mode & 0o7777);
      const capability = wanted === ITS_OWN ? ownCapability(source, mode) : wanted;
      if (capability !== undefined) setCapability(copy, capability);
      futimesSync(copy, atime, mtime);
      fsyncSync(copy);
    } finally {
      closeSync(copy);
    }
  } finally {
    closeSync(source);
  }
}

// Only root's copies can have any, and only programs need them.
function ownCapability(source: number, mode: number): string | undefined {
  return process.geteuid?.() === 0 && (mode & 0o111) !== 0 ? getCapability(source) : undefined;
}

function copyBytes(source: number, copy: number): void {
  const chunk = Buffer.alloc(CHUNK);
  for (let length = readSync(source, chunk); length > 0; length = readSync(source, chunk))
    writeFileSync(copy, chunk.subarray(0, length));
}

function swapped(): JamesError {
  return new JamesError("TRANSACTION_FAILED", "a link was changed while the plan was carried out", {
    hint: "Somebody else works in its directory.",
  });
}
