import { createReadStream, existsSync, statSync } from "node:fs";
import { applyDelta, type DeltaSource, denseText, plainText, splitPair } from "@jamesd/delta/device";
import { sizeOf } from "@jamesd/disk";
import {
  type Content,
  contentSize,
  type Digest,
  deltaContents,
  JamesError,
  type Packet,
  packetText,
} from "@jamesd/model";
import type { Context } from "../context.ts";
import { fetchedFile, PART } from "../disk/layout.ts";
import { requireRoom } from "../disk/room.ts";
import { Cutter } from "./cutter.ts";
import { compressedPart, fetchLarge } from "./fetch-large.ts";
import { installedBase } from "./installed-base.ts";
import { writeLarge } from "./large-blob.ts";
import { manifestBytes } from "./manifest-bytes.ts";
import { parsePacket } from "./parse-packet.ts";
import type { Remote } from "./remote.ts";
import { isSmall, receiveSmall } from "./small-blob.ts";
import type { Wanted } from "./wanted.ts";

/** A delta that is on this device: it makes what is new in a packet of what an installed one has. */
export interface HeldDelta {
  readonly old: Packet;
  readonly next: Packet;
  readonly contents: DeltaSource;
  /** What was fetched. */
  readonly blob: Content;
}

/**
 * Fetches the delta from an installed packet to another one, and makes that one's manifest, which is to be verified.
 * @returns undefined when the server has none after `waitMs`
 * @throws JamesError DELTA_INVALID, DIGEST_MISMATCH, STORAGE_FULL
 */
export async function fetchDelta(
  old: Packet,
  target: Digest,
  { layout, options: { limits } }: Context,
  { remote, waitMs, signal }: { remote: Remote; waitMs: number; signal: AbortSignal },
): Promise<HeldDelta | undefined> {
  const delta = await remote.delta(old.digest, target, waitMs, signal);
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
    const held = sizeOf(wanted.part) + sizeOf(compressedPart(wanted));
    // Compressed and as it is.
    requireRoom(layout.fetched, 2 * delta.size - held, 2);
    await fetchLarge(wanted, remote, signal);
  }
  const [text, contents] = await splitPair(fileSource(file));
  return { old, next: parsePacket(target, await textOf(text, packetText(old), most)), contents, blob: delta };
}

/**
 * Makes contents that are wanted of a delta and of what is installed. Each is verified; what is installed need not be.
 * @param taken told of each that is there
 * @throws JamesError DELTA_INVALID, DIGEST_MISMATCH also when what is installed was changed
 */
export async function takeDelta(
  { old, next, contents }: HeldDelta,
  missing: readonly Wanted[],
  context: Context,
  taken: (wanted: Wanted) => void,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Map(missing.map((one) => [one.digest, one]));
  const { base, target } = deltaContents(old, next);
  // What comes after the last that is wanted need not be made.
  const made = target.slice(0, target.findLastIndex(({ digest }) => wanted.has(digest)) + 1);
  const installed = installedBase(old, base, context);
  const cutter = new Cutter(applyDelta(contents, installed, contentSize(target)));
  try {
    for (const { digest, size } of made) {
      signal.throwIfAborted();
      const one = wanted.get(digest);
      const content = cutter.next(size);
      if (one === undefined) await readAway(content);
      else if (isSmall(one)) await receiveSmall(content, one);
      else await writeLarge(() => content, 0, one);
      if (one) taken(one);
    }
  } finally {
    await cutter.close();
    installed.close();
  }
}

async function readAway(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content);
}

async function textOf(delta: DeltaSource, base: string, most: number): Promise<string> {
  const bytes = denseText(base);
  const read = (position: number, into: Uint8Array): void =>
    into.set(bytes.subarray(position, position + into.length));
  const pieces: Uint8Array[] = [];
  for await (const piece of applyDelta(delta, { size: bytes.length, read }, most)) pieces.push(piece);
  return plainText(Buffer.concat(pieces));
}

function fileSource(file: string): DeltaSource {
  const slice = (start: number, end: number): AsyncIterable<Uint8Array> =>
    start === end ? nothing() : createReadStream(file, { start, end: end - 1 });
  return { size: statSync(file).size, slice };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
