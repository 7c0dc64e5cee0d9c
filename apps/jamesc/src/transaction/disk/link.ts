import { fstatSync, lstatSync, readlinkSync, type Stats } from "node:fs";
import { isTrustedUser } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { entryIn } from "./descriptor.ts";
import { RealModes } from "./real-modes.ts";

/** A symbolic link: where it leads, and whose it is. */
export interface Link {
  readonly target: string;
  readonly uid: number;
}

/** Kernels count the time of changes in ticks of up to 10 ms: two changes in one tick look like one. */
const TICKS_MS = 25;
const TRIES = 8;

/** True when nobody but trusted users can rename or replace what they have in this directory, as far as its owner and mode count (`RealModes`). */
export function isGuarded({ uid, mode }: Stats): boolean {
  const othersMayWrite = (mode & 0o022) !== 0;
  const isSticky = (mode & 0o1000) !== 0;
  return isTrustedUser(uid) && (!othersMayWrite || isSticky);
}

/**
 * Reads the link at a path in an open directory; undefined when something else stands there. Owner and target are those of
 * one link, also where others may swap it: renaming a link changes its ctime, which nobody can set (inode(7)).
 * @throws JamesError PATH_UNSAFE when it is being swapped again and again, or has other names: then its owner need not have put it there
 */
export function readLink(path: string, directory: number): Link | undefined {
  const above = fstatSync(directory);
  const mayBeSwapped = !(isGuarded(above) && new RealModes().has(above.dev, entryIn(directory, "")));
  for (let tries = 0; tries < TRIES; tries++) {
    const now = Date.now();
    const before = lstatSync(path);
    if (!before.isSymbolicLink()) return undefined;
    if (mayBeSwapped && before.nlink > 1) throw linked();
    const target = readlinkSync(path);
    if (!mayBeSwapped) return { target, uid: before.uid };
    const after = lstatSync(path);
    const isSame = before.ino === after.ino && before.dev === after.dev && before.ctimeMs === after.ctimeMs;
    if (isSame && Math.abs(now - after.ctimeMs) > TICKS_MS) return { target, uid: after.uid };
    pause(TICKS_MS);
  }
  throw new JamesError("PATH_UNSAFE", "a symbolic link on the way is being changed all the time");
}

function linked(): JamesError {
  return new JamesError(
    "PATH_UNSAFE",
    "a symbolic link on the way is a hard link, which anybody may have made",
    {
      hint: "Remove it on the device, or make it anew as root.",
    },
  );
}

// Rare and short, in the middle of a synchronous walk.
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
