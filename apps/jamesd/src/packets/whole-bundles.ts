import { bundleOf, type Content, type Digest, type Packet } from "@jamesd/model";
import type { BlobHold } from "../blobs/blob-store.ts";
import { paysToCompress } from "../blobs/compressed-file.ts";
import { readHead } from "../blobs/head.ts";
import { readBundle } from "../blobs/read-bundle.ts";
import type { MadeStore } from "../repository/made-store.ts";
import type { PacketStore } from "../repository/packet-store.ts";
import { type Catalogue, unknownPacket } from "./catalogue.ts";
import { type Asking, type IsToGet, MadeBlobs, type MadeBlobsOptions } from "./made-blobs.ts";

/** By so much of its beginning a bundle is judged, so that one that will not be compressed is not written in vain. */
const SAMPLE_BYTES = 256 * 1024;

export interface WholeBundlesOptions extends MadeBlobsOptions {
  readonly catalogue: Catalogue;
  readonly made: Pick<MadeStore, "wholeBundle" | "saveWholeBundle">;
  readonly packets: Pick<PacketStore, "get">;
  readonly isToGet: IsToGet;
}

/** The bundles of packets as blobs of their own: compressed, which the small contents that they hold are not. */
export class WholeBundles {
  readonly #options: WholeBundlesOptions;
  readonly #made: MadeBlobs;

  constructor(options: WholeBundlesOptions) {
    this.#options = options;
    this.#made = new MadeBlobs(options);
  }

  /**
   * The blob that a packet's bundle is; waits for one that is being made. It is made for a device only that is to get the packet.
   * @returns undefined when none pays, or not before `waitMs` have passed or the signal says that nobody waits
   * @throws JamesError PACKET_UNKNOWN
   */
  async get(packet: Digest, asking: Omit<Asking, "isNeeded">): Promise<Content | undefined> {
    this.#options.catalogue.known(packet);
    const recipe = {
      known: () => this.#options.made.wholeBundle(packet),
      make: (hold: BlobHold, stop: AbortSignal) => this.#make(packet, hold, stop),
    };
    const isNeeded = await this.#options.isToGet(asking.who, packet);
    return await this.#made.get(packet, recipe, { ...asking, isNeeded });
  }

  /** Gives up what is being made, and waits for that. */
  close(): Promise<void> {
    return this.#made.close();
  }

  async #make(digest: Digest, hold: BlobHold, signal: AbortSignal): Promise<Content | null> {
    const { made, packets } = this.#options;
    const packet = await packets.get(digest);
    if (!packet) throw unknownPacket(digest);
    const stored = await this.#store(packet, hold, signal);
    await made.saveWholeBundle(digest, stored);
    return stored;
  }

  /** Stores a bundle as a blob; null when that is not compressed, as one of at most 64 KiB is not. */
  async #store({ manifest }: Packet, hold: BlobHold, signal: AbortSignal): Promise<Content | null> {
    const { blobs } = this.#options;
    const bundle = bundleOf(manifest);
    const sample = readBundle(bundle, { start: 0, end: SAMPLE_BYTES - 1 }, blobs);
    if (!paysToCompress((await readHead(sample, SAMPLE_BYTES)).head)) return null;
    const stored = await blobs.put(unlessAborted(readBundle(bundle, undefined, blobs), signal), hold);
    await blobs.flush();
    return (await blobs.compressed(stored.digest)) ? stored : null;
  }
}

async function* unlessAborted(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    signal.throwIfAborted();
    yield chunk;
  }
}
