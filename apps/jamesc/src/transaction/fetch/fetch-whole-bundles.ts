import { readdirSync, rmSync } from "node:fs";
import { sizeOf } from "@jamesd/disk";
import { bundleOf, bundleSize, type Digest, JamesError, type Packet } from "@jamesd/model";
import type { Context } from "../context.ts";
import { fetchedFile, type Layout, PART } from "../disk/layout.ts";
import { attempt } from "./attempt.ts";
import { cutBundle } from "./cut-bundle.ts";
import { compressedPart, fetchLarge } from "./fetch-large.ts";
import type { Remote } from "./remote.ts";
import { isSmall } from "./small-blob.ts";
import type { Wanted } from "./wanted.ts";

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
  context: Context,
  remote: Remote,
  signal: AbortSignal,
): Promise<readonly Wanted[]> {
  const wanted = new Map(missing.filter(isSmall).map((one) => [one.digest, one]));
  const until = performance.now() + WAIT_MS;
  for (const packet of packets)
    await attempt("bundle", context, signal, async () => {
      const waitMs = Math.max(0, until - performance.now());
      await takeWholeBundle(packet, wanted, context, { remote, waitMs, signal });
    });
  return missing.filter((one) => !isSmall(one) || wanted.has(one.digest));
}

async function takeWholeBundle(
  { digest: packet, name, manifest }: Packet,
  wanted: Map<Digest, Wanted>,
  { layout, options }: Context,
  { remote, waitMs, signal }: { remote: Remote; waitMs: number; signal: AbortSignal },
): Promise<void> {
  const bundle = bundleOf(manifest);
  const lacking = bundle.reduce((sum, { digest, size }) => sum + (wanted.has(digest) ? size : 0), 0);
  const isMost = lacking >= MIN_SHARE * bundleSize(bundle);
  // One that was cut has brought much of what would be missing otherwise.
  if (lacking <= MIN_BYTES || !(isMost || hasBegun(layout))) return;
  const whole = await remote.wholeBundle(packet, waitMs, signal);
  if (!whole) return;
  const file = fetchedFile(layout, packet) + BUNDLE;
  if (!isMost && sizeOf(compressedPart({ file })) === 0) return;
  if (whole.size !== bundleSize(bundle))
    throw new JamesError("DIGEST_MISMATCH", `the whole bundle of packet ${packet} has another length`);
  const fetched = { ...whole, file, part: file + PART, isScript: false };
  const take = async (content: AsyncIterable<Uint8Array>): Promise<void> => {
    await cutBundle(content, bundle, wanted);
    if (bundle.some(({ digest }) => wanted.has(digest)))
      throw new JamesError("SERVER_UNREACHABLE", `the whole bundle of packet ${packet} ended early`);
  };
  await goOn(compressedPart(fetched), signal, () => fetchLarge(fetched, remote, signal, take));
  options.log({ event: "bundle", packet: name, bytes: whole.size });
}

function hasBegun({ fetched }: Layout): boolean {
  return readdirSync(fetched).some((name) => name.endsWith(compressedPart({ file: BUNDLE })));
}

/**
 * Goes on at once with a download that was cut, as long as each time brings more of it: the ranges would cost more. What
 * is there of one with which something else is wrong takes no room from them.
 */
async function goOn(part: string, signal: AbortSignal, fetch: () => Promise<void>): Promise<void> {
  for (let held = sizeOf(part); ; ) {
    try {
      return await fetch();
    } catch (cause) {
      const isCut = cause instanceof JamesError && cause.class === "unavailable";
      if (!isCut && !signal.aborted) rmSync(part, { force: true });
      const came = sizeOf(part);
      if (signal.aborted || !isCut || came <= held) throw cause;
      held = came;
    }
  }
}
