import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { applyDelta, type DeltaSource, denseText, plainText, splitPair } from "@jamesd/delta/device";
import { sizeOf } from "@jamesd/disk";
import {
  type Content,
  contentSize,
  type Digest,
  deltaContents,
  type InstalledApp,
  JamesError,
  type Packet,
  type PacketWithText,
} from "@jamesd/model";
import { monotonic } from "@jamesd/protocol/device";
import { fetchedFile, PART } from "../disk/layout.ts";
import { requireRoom } from "../disk/room.ts";
import { compressedBytes } from "./compressed-part.ts";
import { Cutter } from "./cutter.ts";
import { fetchLarge } from "./download.ts";
import { bytesHere, type Wanted } from "./fetched.ts";
import { installedBase } from "./installed-base.ts";
import { type CameAsText, readPacketText } from "./packet-alike.ts";
import { manifestBytes } from "./packet-store.ts";
import { type Fetching, tryToSave } from "./remote.ts";

/** How long deltas that are being made are waited for, all together: one of a hundred megabytes takes half a minute. */
const WAIT_MS = 120_000;

/** A delta of so many bytes is read once: of it a dozen parts are asked for, each of which would be opened and read by another thread. */
const MOST_IN_MEMORY = 1024 * 1024;

/** A delta that is on this device: it makes what is new in a packet of what an installed one has. */
export interface FetchedDelta {
  readonly old: Packet;
  readonly next: Packet;
  readonly contents: DeltaSource;
  /** What was fetched. */
  readonly blob: Content;
}

/**
 * Fetches a delta for each app that is to change its packet, and keeps the packet that comes of it. Deltas only save
 * bytes: whatever is wrong with one is logged, and what it would have brought is fetched whole.
 */
export async function fetchDeltas(
  installed: readonly InstalledApp[],
  apps: readonly InstalledApp[],
  fetching: Fetching,
): Promise<readonly FetchedDelta[]> {
  const { store, log } = fetching;
  const fetched: FetchedDelta[] = [];
  const until = monotonic() + WAIT_MS;
  for (const { name, digest } of apps) {
    const app = installed.find((one) => one.name === name);
    const old = app && app.digest !== digest ? store.findWithText(app.digest) : undefined;
    if (!old) continue;
    await tryToSave("delta", fetching, async () => {
      const delta = await fetchDelta(old, digest, Math.max(0, until - monotonic()), fetching);
      if (!delta) return;
      const { packet, text, unchecked } = delta.next;
      fetched.push({ ...delta, next: store.take(digest, packet, text, unchecked) });
      log({ event: "delta", app: name, bytes: delta.blob.size });
    });
  }
  return fetched;
}

/** Makes what deltas can make; gives what is still missing. */
export async function takeDeltas(
  deltas: readonly FetchedDelta[],
  wanted: readonly Wanted[],
  fetching: Fetching,
): Promise<readonly Wanted[]> {
  const missing = new Set(wanted);
  for (const delta of deltas)
    await tryToSave("delta", fetching, () =>
      takeDelta(delta, [...missing], fetching, (one) => missing.delete(one)),
    );
  return [...missing];
}

/**
 * Fetches the delta from an installed packet to another one, and makes that one's manifest, which is to be verified.
 * @returns undefined when the server has none after `waitMs`
 * @throws JamesError DELTA_INVALID, DIGEST_MISMATCH, STORAGE_FULL
 */
async function fetchDelta(
  old: PacketWithText,
  target: Digest,
  waitMs: number,
  { layout, limits, remote, signal, watch }: Fetching,
): Promise<(Omit<FetchedDelta, "next"> & { readonly next: CameAsText }) | undefined> {
  const delta = await remote.delta(old.packet.digest, target, waitMs, signal);
  if (!delta) return undefined;
  const most = manifestBytes(limits);
  // It only saves bytes: one that is longer than the longest packet is no delta.
  if (delta.size > most + limits.bytes)
    throw new JamesError(
      "DELTA_INVALID",
      `the delta to packet ${target} is said to have ${delta.size} bytes`,
    );
  const file = fetchedFile(layout, delta.digest);
  if (!existsSync(file)) {
    const wanted = { ...delta, file, part: file + PART, isScript: false };
    const held = sizeOf(wanted.part) + compressedBytes(wanted);
    // Compressed and as it is.
    requireRoom(layout.fetched, 2 * delta.size - held, 2);
    watch?.(() => ({ bytes: bytesHere([wanted], layout), total: delta.size }));
    await fetchLarge(wanted, remote, signal);
  }
  const [text, contents] = await splitPair(fileSource(file));
  const next = readPacketText(target, await textOf(text, old.text, most), old);
  return { old: old.packet, next, contents, blob: delta };
}

/**
 * Makes contents that are wanted of a delta and of what is installed. Each is verified; what is installed need not be.
 * @param taken told of each that is there
 * @throws JamesError DELTA_INVALID, DIGEST_MISMATCH also when what is installed was changed
 */
async function takeDelta(
  { old, next, contents }: FetchedDelta,
  missing: readonly Wanted[],
  fetching: Fetching,
  taken: (wanted: Wanted) => void,
): Promise<void> {
  const wanted = new Map(missing.map((one) => [one.digest, one]));
  const { base, target } = deltaContents(old, next);
  // What comes after the last that is wanted need not be made.
  const made = target.slice(0, target.findLastIndex(({ digest }) => wanted.has(digest)) + 1);
  const installed = installedBase(old, base, fetching);
  const cutter = new Cutter(applyDelta(contents, installed, contentSize(target)));
  try {
    await cutter.take(made, wanted, fetching.signal, taken);
  } finally {
    await cutter.close();
    installed.close();
  }
}

async function textOf(delta: DeltaSource, base: string, most: number): Promise<string> {
  const bytes = denseText(base);
  const read = (position: number, into: Uint8Array): void =>
    into.set(bytes.subarray(position, position + into.length));
  const pieces: Uint8Array[] = [];
  for await (const piece of applyDelta(delta, { size: bytes.length, read }, most)) pieces.push(piece);
  return plainText(Buffer.concat(pieces));
}

/** A delta that is a file; one that is large is read as it is wanted. */
export function fileSource(file: string): DeltaSource {
  const { size } = statSync(file);
  if (size <= MOST_IN_MEMORY) return memorySource(readFileSync(file));
  const slice = (start: number, end: number): AsyncIterable<Uint8Array> =>
    start === end ? nothing() : sliceOf(file, start, end);
  return { size, slice };
}

// Opened when it is read: who reads several is not there yet to hear that there are too many files open.
async function* sliceOf(file: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file, { start, end: end - 1 });
}

function memorySource(bytes: Uint8Array): DeltaSource {
  return { size: bytes.length, slice: (start, end) => one(bytes.subarray(start, end)) };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
