import { setImmediate as letOthersRun } from "node:timers/promises";
import { type BundledBlob, bundleOf, type Digest, type Packet } from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { PacketStore } from "../repository/packet-store.ts";

/** So many entries of manifests are held together, about 60 MB; as many as the largest packet may have by default. */
const MAX_ENTRIES = 200_000;

/** Packets with their manifests, of which those are held that were looked into last: they never change, and reading one of thousands of files takes a while. */
export class PacketCache {
  readonly #packets: Pick<PacketStore, "get">;
  readonly #held: LRUCache<Digest, Packet>;
  readonly #bundles = new WeakMap<Packet, readonly BundledBlob[]>();
  readonly #reading = new Map<Digest, Promise<Packet | undefined>>();

  constructor(packets: Pick<PacketStore, "get">, maxEntries = MAX_ENTRIES) {
    this.#packets = packets;
    // One that is larger than all the room is held by itself.
    const sizeCalculation = ({ manifest }: Packet): number =>
      Math.min(maxEntries, Math.max(1, manifest.length));
    this.#held = new LRUCache({ maxSize: maxEntries, sizeCalculation });
  }

  /** The packet, or undefined; one that was removed may be given for a while. */
  async get(digest: Digest): Promise<Packet | undefined> {
    const held = this.#held.get(digest);
    if (held) return held;
    const reading = this.#reading.get(digest) ?? this.#read(digest);
    this.#reading.set(digest, reading);
    return reading;
  }

  /** What the bundle of a packet holds, worked out once for as long as the packet is held. */
  bundle(packet: Packet): readonly BundledBlob[] {
    const bundle = this.#bundles.get(packet) ?? bundleOf(packet.manifest);
    this.#bundles.set(packet, bundle);
    return bundle;
  }

  async #read(digest: Digest): Promise<Packet | undefined> {
    try {
      const packet = await this.#packets.get(digest);
      // Who looks into many must not keep everybody else waiting.
      await letOthersRun();
      if (packet) this.#held.set(digest, packet);
      return packet;
    } finally {
      this.#reading.delete(digest);
    }
  }
}
