import { type Digest, packetContents } from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { Catalogue } from "./catalogue.ts";
import type { PacketCache } from "./packet-cache.ts";

/** So many bytes of digests are held: those of two million contents. */
const MAX_BYTES = 64 * 1024 * 1024;
const DIGEST_BYTES = 32;

/** Which contents packets have: of those that were asked for last the digests are held, sorted, one after the other. */
export class PacketContents {
  readonly #held: LRUCache<Digest, Buffer>;
  readonly #catalogue: Pick<Catalogue, "get">;

  constructor(packets: Pick<PacketCache, "get">, catalogue: Pick<Catalogue, "get">, maxBytes = MAX_BYTES) {
    this.#catalogue = catalogue;
    this.#held = new LRUCache({
      maxSize: maxBytes,
      // One that is larger than all the room is held by itself.
      sizeCalculation: ({ length }) => Math.min(maxBytes, Math.max(1, length)),
      fetchMethod: async (digest) => {
        const packet = await packets.get(digest);
        return packet && sortedDigests(packetContents(packet).keys());
      },
      // What had to go while it was read is good for who asked for it.
      ignoreFetchAbort: true,
      allowStaleOnFetchAbort: true,
    });
  }

  /** True when a packet has a content: that of a file or a script. False for one that is not there. @throws JamesError STORE_CORRUPT */
  async has(packet: Digest, content: Digest): Promise<boolean> {
    // What is held of one that was removed holds no longer.
    if (!this.#catalogue.get(packet)) return false;
    const digests = this.#held.get(packet) ?? (await this.#held.fetch(packet));
    return digests !== undefined && includes(digests, content);
  }
}

function sortedDigests(digests: Iterable<Digest>): Buffer {
  return Buffer.from([...digests].sort().join(""), "hex");
}

function includes(sorted: Buffer, digest: Digest): boolean {
  const wanted = Buffer.from(digest, "hex");
  let [low, high] = [0, sorted.length / DIGEST_BYTES];
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = middle * DIGEST_BYTES;
    const order = wanted.compare(sorted, at, at + DIGEST_BYTES);
    if (order === 0) return true;
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return false;
}
