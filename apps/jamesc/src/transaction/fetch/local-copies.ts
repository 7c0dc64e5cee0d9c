import { renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Digest, Packet } from "@jamesd/model";
import { PART, USED } from "../disk/layout.ts";
import { readVerified } from "../disk/read-verified.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { UNTRUSTED_READ } from "../disk/untrusted-read.ts";
import type { Unchanged } from "../plan/unchanged.ts";
import type { Wanted } from "./fetched.ts";
import { isSmall, writeLarge, writeWhole } from "./write-blob.ts";

/**
 * Contents on the device that may serve instead of a download; they are hashed before they are believed. The function
 * gives a path that is good for one call.
 */
export type LocalCopies = ReadonlyMap<Digest, () => string>;

/** Where the contents that the coming packets need may already be: installed files of the same digest. None of what stays where it is. */
export function localCopies(
  owned: readonly Packet[],
  coming: readonly Packet[],
  root: RootFs,
  staying: Pick<Unchanged, "has"> = new Map(),
): LocalCopies {
  const needed = new Set<Digest>();
  for (const { manifest } of coming)
    for (const entry of manifest)
      if (entry.type === "file" && !staying.has(entry.path)) needed.add(entry.digest);
  const copies = new Map<Digest, () => string>();
  for (const { manifest } of owned)
    for (const entry of manifest)
      if (entry.type === "file" && needed.has(entry.digest))
        copies.set(entry.digest, () => root.at(entry.path));
  return copies;
}

/** Takes what is on the device already; gives what is not. */
export async function takeHere(
  wanted: readonly Wanted[],
  held: ReadonlyMap<string, number>,
  copies: LocalCopies,
  signal: AbortSignal,
): Promise<readonly Wanted[]> {
  // So it is of a first installation of thousands of files: to ask for each takes longer than to see it here.
  if (held.size === 0 && copies.size === 0) return wanted;
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

/** Takes a small content that an earlier process has fetched: its part, when that is whole. One that is not goes. */
function takeSmallPart(wanted: Wanted): boolean {
  const isWhole = readVerified(wanted.part, wanted) !== undefined;
  if (isWhole) renameSync(wanted.part, wanted.file);
  else rmSync(wanted.part, { force: true });
  return isWhole;
}

/** Copies a small content that may be at a path. */
function takeSmallCopy(path: string, wanted: Wanted): boolean {
  const bytes = readVerified(path, wanted);
  if (bytes === undefined) return false;
  writeWhole(wanted.file, [bytes]);
  return true;
}

/** Copies a content that may be at a path. */
async function takeLargeCopy(path: string, wanted: Wanted): Promise<boolean> {
  const file = await open(path, UNTRUSTED_READ);
  try {
    if (!(await file.stat()).isFile()) return false;
    await writeLarge(() => file.createReadStream({ autoClose: false }), 0, wanted);
    return true;
  } finally {
    await file.close();
  }
}
