import type { Stats } from "node:fs";
import { type Entry, isExempt, isPlaced, type Packet, type PlacedEntry } from "@jamesd/model";
import type { Layout } from "../disk/layout.ts";
import { hasOwner, ownersHere, ownersOf } from "../disk/owners.ts";
import type { RootFs } from "../disk/root-fs.ts";
import type { SavedState } from "../journal/device-state.ts";
import { birthMark, markAt, writeMarks } from "../plan/marks.ts";
import type { Seen } from "../plan/unchanged.ts";
import { ABSENT, directoryMark, type Mark, sureMark, UNSURE } from "./mark.ts";
import { type Line, writeNote } from "./note.ts";

/** What was just installed, and how. */
export interface Installed {
  /** With the paths of their manifests. */
  readonly packets: readonly Packet[];
  /** What was left where it is, at a path of a packet, and when it was seen to be right. */
  readonly staying: { readonly seenAt: number; readonly seen: (path: string) => Seen | undefined };
  /** When everything was staged, by the device's clock: what was written to later is not known. */
  readonly staged: number;
  /** The apps whose files have whatever owner the device gave them. */
  readonly ownerless: SavedState["ownerless"];
}

/**
 * Notes what packets that were just installed have on the device: by which their files are known again, and by which it is
 * seen that something was done to them since. Best effort: the transaction has committed.
 */
export function noteInstalled(
  { packets, staying, staged, ownerless }: Installed,
  layout: Layout,
  root: RootFs,
): void {
  for (const packet of packets) {
    const owned = ownersOf(packet, ownersHere(ownerless, packet.name));
    const exempt = isExempt(packet);
    const marks: string[] = [];
    const lines: Line[] = [];
    try {
      for (const entry of packet.manifest) {
        // What was done to it since then is seen by the mark.
        const seen = isPlaced(entry) ? staying.seen(entry.path) : undefined;
        const there = seen ? undefined : root.lstat(entry.path);
        const known = seen ? birthMark(seen) : isPlaced(entry) ? markAt(entry, there) : undefined;
        if (known !== undefined) marks.push(known);
        if (exempt(entry.path)) continue;
        const mark = seen ? sureMark(seen, staying.seenAt) : installedMark(owned(entry), there, staged);
        lines.push({ path: entry.path, mark, kinds: [] });
      }
      writeNote(layout, packet.digest, { full: Date.now(), policy: packet.policy.drift }, lines);
      writeMarks(layout, packet.digest, marks);
    } catch {
      // Such as a full disk.
    }
  }
}

/** Notes anew by what the files of installed packets are known again. Best effort, as above. */
export function renewMarks(packets: readonly Packet[], layout: Layout, root: RootFs): void {
  for (const { digest, manifest } of packets)
    try {
      const marks = manifest.filter(isPlaced).flatMap((entry) => markAt(entry, root.lstat(entry.path)) ?? []);
      writeMarks(layout, digest, marks);
    } catch {
      // Such as a full disk.
    }
}

function installedMark(entry: Entry, there: Stats | undefined, staged: number): Mark {
  if (isPlaced(entry))
    return there && isAsStaged(entry, there, staged) ? sureMark(there, Date.now()) : UNSURE;
  return there?.isDirectory() ? directoryMark(there) : ABSENT;
}

// A script may have changed what was put there.
function isAsStaged(entry: PlacedEntry, there: Stats, staged: number): boolean {
  if (there.mtimeMs > staged || !hasOwner(there, entry)) return false;
  if (entry.type === "symlink") return there.isSymbolicLink();
  return there.isFile() && there.size === entry.size && (there.mode & 0o7777) === entry.mode;
}
