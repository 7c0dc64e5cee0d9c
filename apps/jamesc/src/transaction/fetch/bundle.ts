import { readdirSync } from "node:fs";
import { type BundledBlob, bundleOf, bundleSize, type Digest, JamesError, type Packet } from "@jamesd/model";
import { monotonic } from "@jamesd/protocol/device";
import { isCutOff } from "../cut-off.ts";
import { fetchedFile, type Layout, PART } from "../disk/layout.ts";
import { compressedBytes, compressedParts, removeCompressed } from "./compressed-part.ts";
import { Cutter } from "./cutter.ts";
import { fetchLarge } from "./download.ts";
import type { Wanted } from "./fetched.ts";
import { type Fetching, type Remote, tryToSave } from "./remote.ts";
import { isSmall } from "./write-blob.ts";

/** From so many neighbours on, one request for all of them is less than one for each. */
const MIN_RUN = 4;

/** How long whole bundles that are being made are waited for, all together: one of a gigabyte takes half a minute. */
const WAIT_MS = 60_000;

/** Less is not worth it, and the server has none that is smaller. */
const MIN_BYTES = 64 * 1024;
/** Of less than this share of a bundle, its ranges are asked for. */
const MIN_SHARE = 0.5;

/** What the names of whole bundles on their way end with. */
const BUNDLE = ".bundle";

/**
 * Fetches the whole bundle of each packet of whose small contents most are missing: it comes compressed, which they do
 * not. Whatever is wrong with one is logged. Gives what is still missing.
 */
export async function takeWholeBundles(
  packets: readonly Packet[],
  missing: readonly Wanted[],
  fetching: Fetching,
): Promise<readonly Wanted[]> {
  const wanted = new Map(missing.filter(isSmall).map((one) => [one.digest, one]));
  if (wanted.size === 0) return missing;
  const until = monotonic() + WAIT_MS;
  for (const packet of packets)
    await tryToSave("bundle", fetching, () =>
      takeWholeBundle(packet, wanted, Math.max(0, until - monotonic()), fetching),
    );
  return missing.filter((one) => !isSmall(one) || wanted.has(one.digest));
}

async function takeWholeBundle(
  { digest: packet, name, manifest }: Packet,
  wanted: Map<Digest, Wanted>,
  waitMs: number,
  { layout, remote, signal, log }: Fetching,
): Promise<void> {
  const bundle = bundleOf(manifest);
  const lacking = bundle.reduce((sum, { digest, size }) => sum + (wanted.has(digest) ? size : 0), 0);
  const isMost = lacking >= MIN_SHARE * bundleSize(bundle);
  // One that was cut has brought much of what would be missing otherwise.
  if (lacking <= MIN_BYTES || !(isMost || hasBegun(layout))) return;
  const whole = await remote.wholeBundle(packet, waitMs, signal);
  if (!whole) return;
  const file = fetchedFile(layout, packet) + BUNDLE;
  if (!isMost && compressedBytes({ file }) === 0) return;
  if (whole.size !== bundleSize(bundle))
    throw new JamesError("DIGEST_MISMATCH", `the whole bundle of packet ${packet} has another length`);
  const fetched = { ...whole, file, part: file + PART, isScript: false };
  await goOn(fetched, signal, () =>
    fetchLarge(fetched, remote, signal, (content) => cutBundle(content, bundle, wanted, signal)),
  );
  log({ event: "bundle", packet: name, bytes: whole.size });
}

function hasBegun({ fetched }: Layout): boolean {
  const ends = compressedParts({ file: BUNDLE });
  return readdirSync(fetched).some((name) => ends.some((end) => name.endsWith(end)));
}

/**
 * Goes on at once with a download that was cut, as long as each time brings more of it: the ranges would cost more. What
 * is there of one with which something else is wrong takes no room from them.
 */
async function goOn(wanted: Wanted, signal: AbortSignal, fetch: () => Promise<void>): Promise<void> {
  for (let held = compressedBytes(wanted); ; ) {
    try {
      return await fetch();
    } catch (cause) {
      const isCut = isCutOff(cause);
      if (!isCut && !signal.aborted) removeCompressed(wanted);
      const came = compressedBytes(wanted);
      if (signal.aborted || !isCut || came <= held) throw cause;
      held = came;
    }
  }
}

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
  if (small.length === 0) return small;
  const wanted = new Map(small.map((one) => [one.digest, one]));
  for (const { digest, manifest } of packets) {
    for (const run of runs(bundleOf(manifest), wanted)) {
      try {
        await cutBundle(await remote.bundle(digest, run, signal), run, wanted, signal);
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

/** Cuts the blobs of a bundle, or neighbours in it, out of a stream; each that is there is no longer wanted then. @throws JamesError as `verify` does */
async function cutBundle(
  content: AsyncIterable<Uint8Array>,
  blobs: readonly BundledBlob[],
  wanted: Map<Digest, Wanted>,
  signal: AbortSignal,
): Promise<void> {
  const cutter = new Cutter(content);
  try {
    await cutter.take(blobs, wanted, signal, ({ digest }) => wanted.delete(digest));
    await cutter.end();
  } finally {
    await cutter.close();
  }
}
