import { closeSync, fchmodSync, fchownSync, fstatSync, openSync, readdirSync } from "node:fs";
import type { Area } from "../disk/area.ts";
import type { Layout } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { UNTRUSTED_READ } from "../disk/untrusted-read.ts";
import { NEW_SLOT, OLD_SLOT, SWAPPABLE } from "../journal/operation.ts";
import { OpenAreas } from "./area.ts";

const SETID = 0o6000;

/**
 * Takes setuid, setgid and capabilities from a program that goes: a local user may have made a hard link of it, and would
 * keep with that what an update takes away. One without other names needs nothing but to be deleted.
 */
export function disarm(path: string): void {
  let fd: number;
  try {
    fd = openSync(path, UNTRUSTED_READ);
  } catch {
    // A link, or gone; or another user's, and then there is nothing that we could take from it.
    return;
  }
  try {
    const { mode, uid, gid, nlink } = fstatSync(fd);
    if (nlink < 2) return;
    // chown(2) takes the capabilities as well, even to the same owner.
    fchownSync(fd, uid, gid);
    if ((mode & SETID) !== 0) fchmodSync(fd, mode & ~SETID & 0o7777);
  } catch {
    // What does not let itself be changed does not let itself be deleted either, and that is said.
  } finally {
    closeSync(fd);
  }
}

/**
 * Disarms what goes when staging areas are discarded: after a commit the old files, else the new ones. The others may be,
 * after a power cut, second names of what stays; and where a user may swap things they may be names of another program.
 */
export function disarmAreas(
  areas: readonly Area[],
  outcome: "committed" | "rolled-back",
  layout: Layout,
  root: RootFs,
): void {
  const slots = outcome === "committed" ? OLD_SLOT : NEW_SLOT;
  for (const area of areas) {
    try {
      disarmAll(OpenAreas.open([area], layout, root), slots);
    } catch {
      // It is not there any more, or is not the agent's: then nothing in it is deleted.
    }
  }
}

function disarmAll(opened: OpenAreas, slots: string): void {
  try {
    for (const name of readdirSync(opened.folder(0)))
      if (name.startsWith(slots) && !name.endsWith(SWAPPABLE)) disarm(opened.slot(0, name));
  } finally {
    opened.close();
  }
}
