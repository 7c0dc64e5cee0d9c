import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Digest, manifestBlobs, type Packet } from "@jamesd/model";
import { type Layout, PART, USED } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { takeLargeCopy } from "./large-blob.ts";
import { isSmall, takeSmallCopy, takeSmallPart } from "./small-blob.ts";
import type { Wanted } from "./wanted.ts";

/**
 * Contents on the device that may serve instead of a download; they are hashed before they are believed. The function
 * gives a path that is good for one call.
 */
export type LocalCopies = ReadonlyMap<Digest, () => string>;

/** Where the contents that the coming packets need may already be: installed files of the same digest. */
export function localCopies(owned: readonly Packet[], coming: readonly Packet[], root: RootFs): LocalCopies {
  const needed = new Set(coming.flatMap(({ manifest }) => [...manifestBlobs(manifest).keys()]));
  const copies = new Map<Digest, () => string>();
  for (const { manifest } of owned)
    for (const entry of manifest)
      if (entry.type === "file" && needed.has(entry.digest))
        copies.set(entry.digest, () => root.at(entry.path));
  return copies;
}

/** What is held of earlier downloads but has to be verified, by path, with its size. */
export function heldFiles({ fetched }: Layout): ReadonlyMap<string, number> {
  const held = readdirSync(fetched).filter((name) => name.endsWith(PART) || name.endsWith(USED));
  const paths = held.map((name) => join(fetched, name));
  return new Map(paths.map((path) => [path, statSync(path).size]));
}

/** Takes what is on the device already; gives what is not. */
export async function takeHere(
  wanted: readonly Wanted[],
  held: ReadonlyMap<string, number>,
  copies: LocalCopies,
  signal: AbortSignal,
): Promise<readonly Wanted[]> {
  const missing: Wanted[] = [];
  for (const one of wanted) {
    signal.throwIfAborted();
    const used = one.file + USED;
    const isTaken =
      (await takeCopy(one, copies.get(one.digest))) ||
      (held.has(used) && (await takeCopy(one, () => used))) ||
      (isSmall(one) && held.has(one.part) && takeSmallPart(one));
    // One at a time, so that there is room for the next copy. What is no good is not better the next time.
    if (held.has(used)) rmSync(used, { force: true });
    if (!isTaken) missing.push(one);
  }
  return missing;
}

async function takeCopy(wanted: Wanted, copy: (() => string) | undefined): Promise<boolean> {
  if (copy === undefined) return false;
  // Not into the part: that may be of a download which goes on when the copy is not good.
  const part = `${wanted.part.slice(0, -PART.length)}.copy${PART}`;
  try {
    return isSmall(wanted) ? takeSmallCopy(copy(), wanted) : await takeLargeCopy(copy(), { ...wanted, part });
  } catch {
    // Changed or gone since it was installed: the download decides.
    rmSync(part, { force: true });
    return false;
  }
}
