import { isSameFile } from "@jamesd/model";
import type { StagedEntry } from "../plan/compile.ts";

/** For each staged name that is to be a hard link, the staged one that has the file. */
export type HardLinks = ReadonlyMap<StagedEntry, StagedEntry>;

/**
 * Which of the staged names can be links to another one: names of one file whose first name is staged as well, in the
 * same area, with the same mode, owner and capabilities. Those others, as the names of a configuration file that stays, get a copy.
 */
export function hardLinks(staged: readonly StagedEntry[]): HardLinks {
  const firsts = new Map<string, StagedEntry>();
  const links = new Map<StagedEntry, StagedEntry>();
  for (const item of staged) {
    const { entry } = item;
    if (entry.type !== "file") continue;
    const first = entry.sameAs === undefined ? undefined : firsts.get(entry.sameAs);
    if (entry.sameAs === undefined) firsts.set(entry.path, item);
    else if (first && isAlike(first, item)) links.set(item, first);
  }
  return links;
}

function isAlike(first: StagedEntry, other: StagedEntry): boolean {
  const [a, b] = [first.entry, other.entry];
  if (a.type !== "file" || b.type !== "file" || first.area !== other.area) return false;
  return isSameFile(a, b);
}
