import { mkdirSync, renameSync } from "node:fs";
import { parentPaths } from "@jamesd/model";
import type { RootFs } from "../disk/root-fs.ts";
import { nameOf, parentOf, pathIn } from "../disk/tree-path.ts";

/** Bytes that a name may have on Linux file systems (NAME_MAX, limits.h(0p)). */
const MOST_BYTES = 255;

/** Moves what stands at a path to a free name beside it, so that nobody's bytes are lost: `PATH.jamesc-LABEL`, or with a number behind that. */
export function makeWay(path: string, label: string, root: RootFs): void {
  const free = freeName(path, label, root);
  root.forget();
  renameSync(root.at(path), root.at(free));
  root.forget();
}

/** Makes the directories above a path that are missing; what stands there instead makes way. */
export function makeParents(path: string, slot: string, root: RootFs): void {
  for (const parent of parentPaths(path)) {
    if (root.isDirectory(parent)) continue;
    if (root.lstat(parent) !== undefined) makeWay(parent, slot, root);
    mkdirSync(root.at(parent), { mode: 0o755 });
  }
}

function freeName(path: string, label: string, root: RootFs): string {
  for (let tries = 0; ; tries += 1) {
    const suffix = `.jamesc-${label}${tries === 0 ? "" : `-${tries}`}`;
    const free = pathIn(parentOf(path), shortened(nameOf(path), MOST_BYTES - suffix.length) + suffix);
    if (root.lstat(free) === undefined) return free;
  }
}

// By whole characters: half of one is no name on every file system.
function shortened(name: string, mostBytes: number): string {
  let short = name;
  while (Buffer.byteLength(short) > mostBytes) short = [...short].slice(0, -1).join("");
  return short;
}
