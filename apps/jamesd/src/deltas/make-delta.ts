import { deltaMemory, denseText } from "@jamesd/delta";
import {
  type Content,
  contentSize,
  type Digest,
  deltaContents,
  type Packet,
  packetText,
} from "@jamesd/model";
import { type BlobHold, type BlobStore, oneChunk } from "../blobs/blob-store.ts";
import { runDeltaWorker } from "./delta-worker.ts";

export interface DeltaLimits {
  /** Memory in bytes that making one delta may take. */
  readonly maxMemory: number;
  /** Milliseconds that it may take. */
  readonly maxMs: number;
}

/**
 * Makes the delta that turns a packet into another and stores it as a blob, durably.
 * @returns null when it is not smaller than what it saves or takes too long, undefined when it would take too much memory
 * @throws JamesError BLOB_UNKNOWN, BLOB_DAMAGED when a content is not there; the signal's reason
 */
export async function storeDelta(
  base: Packet,
  target: Packet,
  blobs: BlobStore,
  { hold, signal, limits }: { hold: BlobHold; signal: AbortSignal; limits: DeltaLimits },
): Promise<Content | null | undefined> {
  const contents = deltaContents(base, target);
  const texts = [denseText(packetText(base)), denseText(packetText(target))] as const;
  const sizes = [contentSize(contents.base), contentSize(contents.target)] as const;
  if (deltaMemory(...sizes) > limits.maxMemory) return undefined;
  const timeout = AbortSignal.timeout(limits.maxMs);
  const images = [await imageOf(contents.base, blobs), await imageOf(contents.target, blobs)] as const;
  let delta: Uint8Array;
  try {
    delta = await runDeltaWorker({ texts, contents: images }, AbortSignal.any([signal, timeout]));
  } catch (thrown) {
    if (timeout.aborted && !signal.aborted) return null;
    throw thrown;
  }
  if (delta.length >= sizes[1] + texts[1].length) return null;
  const stored = await blobs.put(oneChunk(delta), hold);
  await blobs.flush();
  return stored;
}

/** Contents one after another, in memory that threads share. */
async function imageOf(contents: readonly Content[], blobs: BlobStore): Promise<Uint8Array> {
  const image = new Uint8Array(new SharedArrayBuffer(contentSize(contents)));
  let at = 0;
  for (const { digest } of contents) at = await readInto(image, at, digest, blobs);
  return image;
}

async function readInto(image: Uint8Array, from: number, digest: Digest, blobs: BlobStore): Promise<number> {
  let at = from;
  for await (const chunk of await blobs.open(digest)) {
    image.set(chunk, at);
    at += chunk.length;
  }
  return at;
}
