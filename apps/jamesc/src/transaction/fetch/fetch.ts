import type { Packet } from "@jamesd/model";
import { requireRoom } from "../disk/room.ts";
import type { Unchanged } from "../plan/unchanged.ts";
import { askingAhead } from "./asking-ahead.ts";
import { fetchBundled } from "./bundle.ts";
import { fetchLarge, fetchSmall } from "./download.ts";
import { bytesHere, forgetUsed, heldFiles, type Wanted, wantedBlobs } from "./fetched.ts";
import { type LocalCopies, takeHere } from "./local-copies.ts";
import type { ContentSource, Fetching } from "./remote.ts";
import { SyncBehind } from "./sync-behind.ts";
import { isSmall, writeLarge } from "./write-blob.ts";

/** Makes contents otherwise than by fetching them whole, and gives those that are still missing. */
export type Make = (missing: readonly Wanted[]) => Promise<readonly Wanted[]>;

/**
 * Many small ones, so that a slow network's answers overlap; of large ones, which take longer than an answer is awaited, one
 * after the other: each has a decompressor and what is on its way in memory.
 */
const SMALL_AT_ONCE = 6;
const MEDIUM_AT_ONCE = 3;
const LARGE_AT_ONCE = 1;
const LARGE_BYTES = 1024 * 1024;

/**
 * Brings every script and file content of these packets that is not here yet into the state directory, verified by
 * digest; not those of files that are left unchanged. Parts of a cut download stay and are gone on with, in the next attempt as well.
 * @returns how many came
 */
export async function fetchBlobs(
  packets: readonly Packet[],
  { layout, remote, signal, watch }: Pick<Fetching, "layout" | "remote" | "signal" | "watch">,
  copies: LocalCopies,
  make: Make = async (missing) => missing,
  unchanged: Pick<Unchanged, "has"> = new Map(),
): Promise<number> {
  const wanted = wantedBlobs(packets, unchanged, layout);
  const held = heldFiles(layout);
  const needed = wanted.reduce((sum, { size }) => sum + size, 0);
  // What is held of earlier downloads needs no room a second time.
  requireRoom(layout.fetched, needed - sum(held.values()), wanted.length);
  const lacking = await takeHere(wanted, held, copies, signal);
  watch?.(() => ({ bytes: bytesHere(lacking, layout), total: sum(lacking.map(({ size }) => size)) }));
  const missing = await make(lacking);
  const small = await fetchBundled(packets, missing.filter(isSmall), remote, signal);
  await fetchAll(small, SMALL_AT_ONCE, fetchSmall, remote, signal);
  const rest = missing.filter((one) => !isSmall(one));
  const isLarge = ({ size }: Wanted): boolean => size >= LARGE_BYTES;
  const medium = rest.filter((one) => !isLarge(one));
  await fetchAll(medium, MEDIUM_AT_ONCE, fetchLarge, remote, signal);
  await fetchAllLarge(rest.filter(isLarge), remote, signal);
  forgetUsed(layout);
  return wanted.length;
}

/** Nothing is waited for that could be done while others come: the server's answers, nor the disk. */
async function fetchAllLarge(
  wanted: readonly Wanted[],
  remote: ContentSource,
  signal: AbortSignal,
): Promise<void> {
  const behind = new SyncBehind();
  const fetchOne: Fetch = async (one, source, until) => {
    await fetchLarge(one, source, until, (content) => writeLarge(() => content, 0, one, behind));
    behind.whole(one);
  };
  try {
    await fetchAll(wanted, LARGE_AT_ONCE, fetchOne, askingAhead(remote, wanted), signal);
  } catch (cause) {
    behind.leave();
    throw cause;
  } finally {
    await behind.end();
  }
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}

type Fetch = (wanted: Wanted, remote: ContentSource, signal: AbortSignal) => Promise<void>;

async function fetchAll(
  wanted: readonly Wanted[],
  atOnce: number,
  fetch: Fetch,
  remote: ContentSource,
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
