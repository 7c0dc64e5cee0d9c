import { type Digest, type Entry, type Manifest, otherNames } from "@jamesd/model";
import type { PacketInfo } from "../repository/packet-info.ts";
import type { PacketStore } from "../repository/packet-store.ts";
import type { Catalogue } from "./catalogue.ts";

/** Devices that have a packet. */
export interface Having {
  readonly devices: number;
  /** Some of them, by id. */
  readonly ids: readonly string[];
}

/** Who has which packets. */
export interface Holders {
  /** The digests of what is installed on a device. @throws JamesError DEVICE_UNKNOWN */
  installedOn(id: string): Promise<ReadonlySet<Digest>>;
  /** The devices that have each of these packets. */
  having(digests: ReadonlySet<Digest>): Promise<ReadonlyMap<Digest, Having>>;
}

/** A packet with what it has at a path. */
export interface PathOwner extends Having {
  readonly packet: PacketInfo;
  readonly entry: Entry;
}

/** What was found in some packets; to be gone on after the packet of this sequence, undefined at the end. */
export interface PathPage {
  readonly found: readonly PathOwner[];
  readonly after: number | undefined;
}

/** Which paths to look for, in which packets. */
export interface PathQuery {
  /** As in manifests; also found where it is on a system with a merged /usr. */
  readonly path: string;
  /** Only in packets that this device has. */
  readonly device?: string | undefined;
  /** Only in packets that came after the one of this sequence. */
  readonly after?: number | undefined;
}

/** What a search is made with, and what a page may cost. */
export interface PathSearchParts {
  readonly catalogue: Catalogue;
  readonly packets: Pick<PacketStore, "json">;
  readonly holders: Holders;
  readonly maxPackets?: number;
  readonly maxBytes?: number;
}

/** A page looks into so many packets, or so many bytes of their JSON, where that is less. */
const MAX_PACKETS = 1000;
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Finds the packets that have a path. There is no index of paths: a packet may have 200,000, and to write them would hold
 * everybody up when it is added, for a question that is asked rarely. Manifests are looked through as the texts that they
 * are stored as, oldest packet first, a bounded page at a time.
 */
export class PathSearch {
  readonly #parts: PathSearchParts;

  constructor(parts: PathSearchParts) {
    this.#parts = parts;
  }

  /** A page; the signal ends it early. @throws JamesError DEVICE_UNKNOWN, STORE_CORRUPT */
  async page({ path, device, after = 0 }: PathQuery, signal: AbortSignal): Promise<PathPage> {
    const { catalogue, holders, maxPackets = MAX_PACKETS, maxBytes = MAX_BYTES } = this.#parts;
    const among = device === undefined ? undefined : await holders.installedOn(device);
    const paths = [path, ...otherNames(path)];
    const hits: { packet: PacketInfo; entry: Entry }[] = [];
    let [packets, bytes] = [0, 0];
    let next: number | undefined;
    for (const packet of catalogue.after(after)) {
      if (among && !among.has(packet.digest)) continue;
      if (packets >= maxPackets || bytes >= maxBytes) return this.#page(hits, next);
      signal.throwIfAborted();
      const text = await this.#parts.packets.json(packet.digest);
      const entry = text && entryIn(Buffer.from(text), paths);
      if (entry) hits.push({ packet, entry });
      next = packet.sequence;
      packets += 1;
      bytes += text?.length ?? 0;
    }
    return this.#page(hits, undefined);
  }

  async #page(
    hits: readonly Pick<PathOwner, "packet" | "entry">[],
    after: number | undefined,
  ): Promise<PathPage> {
    const digests = new Set(hits.map(({ packet }) => packet.digest));
    const having = await this.#parts.holders.having(digests);
    const nobody: Having = { devices: 0, ids: [] };
    return { found: hits.map((hit) => ({ ...hit, ...(having.get(hit.packet.digest) ?? nobody) })), after };
  }
}

/** Most packets lack the path: they are not parsed. */
function entryIn(json: Buffer, paths: readonly string[]): Entry | undefined {
  if (!paths.some((path) => json.includes(`"path":${JSON.stringify(path)}`))) return undefined;
  const { manifest } = JSON.parse(json.toString()) as { readonly manifest: Manifest };
  return manifest.find((entry) => paths.includes(entry.path));
}
