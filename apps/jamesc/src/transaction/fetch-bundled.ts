import { type BundledBlob, bundleOf, type Digest, type Packet } from "@jamesd/model";
import type { Remote } from "./remote.ts";
import { writeSmall } from "./small-blob.ts";
import type { Wanted } from "./wanted.ts";

/** From so many neighbours on, one request for all of them is less than one for each. */
const MIN_RUN = 4;

/**
 * Fetches small contents that are neighbours in a packet's bundle by one request for all of them. Gives what is still
 * wanted: what has no neighbours, and what a bundle did not bring right, which asked for by itself says what is wrong.
 */
export async function fetchBundled(
  packets: readonly Packet[],
  small: readonly Wanted[],
  remote: Remote,
  signal: AbortSignal,
): Promise<readonly Wanted[]> {
  const wanted = new Map(small.map((one) => [one.digest, one]));
  for (const { digest, manifest } of packets) {
    for (const run of runs(bundleOf(manifest), wanted)) {
      try {
        await takeRun(await remote.bundle(digest, run, signal), run, wanted);
      } catch {
        signal.throwIfAborted();
        return [...wanted.values()];
      }
    }
  }
  return [...wanted.values()];
}

/** The neighbours that are all wanted, in stretches as long as can be. */
function runs(
  bundle: readonly BundledBlob[],
  wanted: ReadonlyMap<Digest, Wanted>,
): readonly (readonly BundledBlob[])[] {
  const found: BundledBlob[][] = [[]];
  for (const blob of bundle) {
    if (wanted.has(blob.digest)) found.at(-1)?.push(blob);
    else if (found.at(-1)?.length) found.push([]);
  }
  return found.filter(({ length }) => length >= MIN_RUN);
}

/** Cuts a stream into the blobs of a run; each that is written is no longer wanted. */
async function takeRun(
  content: AsyncIterable<Uint8Array>,
  run: readonly BundledBlob[],
  wanted: Map<Digest, Wanted>,
): Promise<void> {
  const queue = run.values();
  let next = queue.next();
  let chunks: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of content) {
    let from = 0;
    while (!next.done && chunk.length - from >= next.value.size - held) {
      const { digest, size } = next.value;
      chunks.push(chunk.subarray(from, from + size - held));
      from += size - held;
      writeSmall(chunks, size, wanted.get(digest) as Wanted);
      wanted.delete(digest);
      chunks = [];
      held = 0;
      next = queue.next();
    }
    // What a cache that knows no ranges sends beyond the run.
    if (next.done && from < chunk.length) return;
    if (from < chunk.length) chunks.push(chunk.subarray(from));
    held += chunk.length - from;
  }
}
