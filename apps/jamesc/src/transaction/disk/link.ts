import { fstatSync, lstatSync, readlinkSync } from "node:fs";
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

/**
 * Reads the link at a path in an open directory; undefined when something else stands there. Owner and target are those of
 * one link, also where others may swap it: renaming a link changes its ctime, which nobody can set (inode(7)).
 * @throws JamesError PATH_UNSAFE when it is being swapped again and again, or has other names: then its owner need not have put it there
 */
export function readLink(path: string, directory: number): Link | undefined {
  const mayBeSwapped = !new RealModes().guard(fstatSync(directory), entryIn(directory, ""));
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
