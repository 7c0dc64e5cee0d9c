import { closeSync, openSync } from "node:fs";
import { type FileEntry, JamesError } from "@jamesd/model";
import { setCapabilities } from "../disk/capability.ts";
import type { StagedEntry } from "../plan/compile.ts";
import type { OpenAreas } from "./area.ts";

/** So many files at most are given to one process: arguments are bounded (execve(2)). */
const MOST_FILES = 500;

/** Gives the staged files their capabilities, every name: what changes an owner takes them. @throws JamesError DEVICE_IO */
export function giveCapabilities(staged: readonly StagedEntry[], areas: OpenAreas): void {
  const groups = new Map<string, CapableEntry[]>();
  for (const item of staged.filter(isCapable)) {
    const key = `${item.area} ${item.entry.capability}`;
    const group = groups.get(key) ?? [];
    group.push(item);
    groups.set(key, group);
  }
  for (const items of groups.values())
    for (let from = 0; from < items.length; from += MOST_FILES)
      giveAlike(items.slice(from, from + MOST_FILES), areas);
}

type CapableEntry = StagedEntry & { readonly entry: FileEntry & { readonly capability: string } };

function isCapable(item: StagedEntry): item is CapableEntry {
  return item.entry.type === "file" && item.entry.capability !== undefined;
}

// All in one area, and with the same capabilities.
function giveAlike(items: readonly CapableEntry[], areas: OpenAreas): void {
  const [first] = items;
  if (first === undefined) return;
  const folder = openSync(areas.folder(first.area), "r");
  try {
    const slots = items.map(({ slot }) => slot);
    setCapabilities(folder, slots, first.entry.capability);
  } catch (cause) {
    if (!(cause instanceof JamesError)) throw cause;
    const { code, message, hint } = cause;
    const more = items.length > 1 ? ` and ${items.length - 1} more` : "";
    const what = `cannot give /${first.entry.path}${more} file capabilities`;
    throw new JamesError(code, `${what}: ${message}`, { hint, cause });
  } finally {
    closeSync(folder);
  }
}
