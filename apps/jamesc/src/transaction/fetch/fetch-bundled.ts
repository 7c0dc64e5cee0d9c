import { type BundledBlob, bundleOf, type Digest, type Packet } from "@jamesd/model";
import { cutBundle } from "./cut-bundle.ts";
import type { Remote } from "./remote.ts";
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
        await cutBundle(await remote.bundle(digest, run, signal), run, wanted);
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
