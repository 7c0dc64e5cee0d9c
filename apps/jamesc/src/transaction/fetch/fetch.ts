import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Digest, manifestBlobs, type Packet } from "@jamesd/model";
import { fetchedFile, type Layout, PART, scriptFile, USED } from "../disk/layout.ts";
import { requireRoom } from "../disk/room.ts";
import type { Unchanged } from "../plan/unchanged.ts";
import { fetchBundled } from "./fetch-bundled.ts";
import { fetchLarge } from "./fetch-large.ts";
import { forgetUsed } from "./fetched.ts";
import { takeLargeCopy } from "./large-blob.ts";
import type { Remote } from "./remote.ts";
import { isSmall, receiveSmall, takeSmallCopy, takeSmallPart } from "./small-blob.ts";
import type { Wanted } from "./wanted.ts";

/**
 * Contents on the device that may serve instead of a download; they are hashed before they are believed. The function
 * gives a path that is good for one call.
 */
export type LocalCopies = ReadonlyMap<Digest, () => string>;

/** Makes contents otherwise than by fetching them whole, and gives those that are still missing. */
export type Make = (missing: readonly Wanted[]) => Promise<readonly Wanted[]>;

/** Many small ones, so that a slow network's answers overlap; few large ones, for what is on its way is in memory. */
const SMALL_AT_ONCE = 6;
const LARGE_AT_ONCE = 3;

/**
 * Brings every script and file content of these packets that is not here yet into the state directory, verified by
 * digest; not those of files that are left unchanged. Parts of a cut download stay and are gone on with, in the next attempt as well.
 */
export async function fetchBlobs(
  packets: readonly Packet[],
  layout: Layout,
  copies: LocalCopies,
  remote: Remote,
  signal: AbortSignal,
  make: Make = async (missing) => missing,
  unchanged: Pick<Unchanged, "has"> = new Map(),
): Promise<void> {
  const wanted = wantedBlobs(packets, unchanged, layout);
  const held = heldFiles(layout);
  const needed = wanted.reduce((sum, { size }) => sum + size, 0);
  // What is held of earlier downloads needs no room a second time.
  requireRoom(layout.fetched, needed - sum(held.values()), wanted.length);
  const missing = await make(await takeHere(wanted, held, copies, signal));
  const small = await fetchBundled(packets, missing.filter(isSmall), remote, signal);
  await fetchAll(small, SMALL_AT_ONCE, fetchSmall, remote, signal);
  const large = missing.filter((one) => !isSmall(one));
  await fetchAll(large, LARGE_AT_ONCE, fetchLarge, remote, signal);
  forgetUsed(layout);
}

function wantedBlobs(
  packets: readonly Packet[],
  unchanged: Pick<Unchanged, "has">,
  layout: Layout,
): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const packet of packets) {
    for (const script of Object.values(packet.scripts)) {
      const file = scriptFile(layout, script.digest);
      const part = `${fetchedFile(layout, script.digest)}.script${PART}`;
      wanted.set(file, { ...script, file, part, isScript: true });
    }
    for (const [digest, size] of manifestBlobs(packet.manifest.filter(({ path }) => !unchanged.has(path)))) {
      const file = fetchedFile(layout, digest);
      wanted.set(file, { digest, size, file, part: file + PART, isScript: false });
    }
  }
  const here = filesIn(layout.fetched, layout.scripts);
  // A file under its final name was verified by this process: `distrustFetched` renamed those of earlier ones.
  return [...wanted.values()].filter(({ file, size }) => !(here.has(file) && statSync(file).size === size));
}

// Names are read once: to ask for each of thousands costs more than to list them.
function filesIn(...folders: readonly string[]): ReadonlySet<string> {
  return new Set(folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))));
}

/** What is held of earlier downloads but has to be verified, by path, with its size. */
function heldFiles({ fetched }: Layout): ReadonlyMap<string, number> {
  const held = [...filesIn(fetched)].filter((path) => path.endsWith(PART) || path.endsWith(USED));
  return new Map(held.map((path) => [path, statSync(path).size]));
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}

/** Takes what is on the device already; gives what is not. */
async function takeHere(
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

type Fetch = (wanted: Wanted, remote: Remote, signal: AbortSignal) => Promise<void>;

async function fetchAll(
  wanted: readonly Wanted[],
  atOnce: number,
  fetch: Fetch,
  remote: Remote,
  outer: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const queue = wanted.values();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      signal.throwIfAborted();
      await fetch(next.value, remote, signal);
    }
  };
  const workers = Array.from({ length: atOnce }, worker);
  try {
    await Promise.all(workers);
  } catch (cause) {
    // The other downloads would go on writing while the caller already cleans up, or tries again.
    stop.abort(cause);
    await Promise.allSettled(workers);
    throw cause;
  }
}

async function fetchSmall(wanted: Wanted, remote: Remote, signal: AbortSignal): Promise<void> {
  await receiveSmall(await remote.blob(wanted.digest, 0, signal), wanted);
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
