import { renameSync, type Stats, writeFileSync } from "node:fs";
import type { Digest, PlacedEntry } from "@jamesd/model";
import { readAgentFile } from "../disk/agent-file.ts";
import { type Layout, marksFile } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { isThere } from "./content.ts";

/**
 * The files and links of an installed packet, by inode and time of birth: what was edited in place is still the packet's,
 * what somebody put in its place is not, also when it got the same inode number.
 */
type Marks = ReadonlySet<string>;

/** Notes the marks of an installed packet. @throws what the disk says: without marks a file is known by its content */
export function writeMarks(layout: Layout, packet: Digest, marks: readonly string[]): void {
  const path = marksFile(layout, packet);
  writeFileSync(`${path}.new`, `${marks.join("\n")}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Tells whether what stands at an entry's place is still what a packet put there. */
export class Belongings {
  readonly #layout: Layout;
  readonly #root: RootFs;
  readonly #marks = new Map<Digest, Marks>();

  constructor(layout: Layout, root: RootFs) {
    this.#layout = layout;
    this.#root = root;
  }

  /** `entry` is of the packet with that digest, its path a place where something stands. */
  isStill(entry: PlacedEntry, packet: Digest): boolean {
    const mark = markAt(entry, this.#root.lstat(entry.path));
    if (mark !== undefined && this.#marksOf(packet).has(mark)) return true;
    return isThere(entry, this.#root);
  }

  /** True when somebody is known to have put something else there; where there are no marks contents are not compared for that. */
  isReplaced(entry: PlacedEntry, packet: Digest): boolean {
    return this.#marksOf(packet).size > 0 && !this.isStill(entry, packet);
  }

  #marksOf(packet: Digest): Marks {
    const known = this.#marks.get(packet) ?? readMarks(marksFile(this.#layout, packet));
    this.#marks.set(packet, known);
    return known;
  }
}

/** The mark of what stands at the place of an entry; undefined when it is something else, or cannot be known again. */
export function markAt(entry: PlacedEntry, there: Stats | undefined): string | undefined {
  const isSameKind = entry.type === "symlink" ? there?.isSymbolicLink() : there?.isFile();
  return there && isSameKind ? birthMark(there) : undefined;
}

/** The mark of a file or link; undefined where file systems keep no time of birth: an inode number alone is given to another file as soon as it is free. */
export function birthMark({ ino, birthtimeMs }: Pick<Stats, "ino" | "birthtimeMs">): string | undefined {
  return birthtimeMs > 0 ? `${ino} ${birthtimeMs}` : undefined;
}

// Never synced: one that is not there, or that a power cut spoiled, knows nothing.
function readMarks(path: string): Marks {
  try {
    return new Set(readAgentFile(path).toString().split("\n").filter(Boolean));
  } catch {
    return new Set();
  }
}
