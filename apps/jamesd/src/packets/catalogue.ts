import { type Digest, JamesError, type PacketSummary, type Tag } from "@jamesd/model";
import type { PacketInfo } from "../repository/packet-info.ts";

/**
 * Every packet without its manifest, in memory, by digest and by name: matching never scans the whole. A cache of the
 * repository; it follows the feed.
 */
export class Catalogue {
  readonly #byDigest = new Map<Digest, PacketInfo>();
  readonly #byName = new Map<string, Map<Digest, PacketSummary>>();

  constructor(packets: Iterable<PacketInfo>) {
    this.replace(packets);
  }

  /** Holds these, and no others any more. */
  replace(packets: Iterable<PacketInfo>): void {
    this.#byDigest.clear();
    this.#byName.clear();
    for (const packet of packets) this.add(packet);
  }

  /** The packets of a name, oldest first. */
  readonly named = (name: string): Iterable<PacketSummary> => this.#byName.get(name)?.values() ?? [];

  /** Every tag that a packet of a name has. */
  tagsOf(name: string): ReadonlySet<Tag> {
    return new Set([...this.named(name)].flatMap(({ tags }) => tags));
  }

  get(digest: Digest): PacketInfo | undefined {
    return this.#byDigest.get(digest);
  }

  /** @throws JamesError PACKET_UNKNOWN */
  known(digest: Digest): PacketInfo {
    const packet = this.get(digest);
    if (packet) return packet;
    throw unknownPacket(digest);
  }

  /** Every packet, newest first. */
  newestFirst(): readonly PacketInfo[] {
    return [...this.#byDigest.values()].sort((a, b) => b.sequence - a.sequence);
  }

  /** Those that came after the one of this sequence, oldest first. */
  *after(sequence: number): Generator<PacketInfo> {
    // They come in the order of their sequences.
    for (const packet of this.#byDigest.values()) if (packet.sequence > sequence) yield packet;
  }

  add(packet: PacketInfo): void {
    const { digest, name, tags, scripts, sequence, features } = packet;
    this.#byDigest.set(digest, packet);
    const named = this.#byName.get(name) ?? new Map<Digest, PacketSummary>();
    named.set(digest, { digest, name, tags, scripts, sequence, ...(features && { features }) });
    this.#byName.set(name, named);
  }

  remove(digest: Digest): void {
    const packet = this.#byDigest.get(digest);
    if (!packet) return;
    this.#byDigest.delete(digest);
    const named = this.#byName.get(packet.name);
    named?.delete(digest);
    if (named?.size === 0) this.#byName.delete(packet.name);
  }
}

/** @returns PACKET_UNKNOWN */
export function unknownPacket(digest: Digest): JamesError {
  return new JamesError("PACKET_UNKNOWN", `there is no packet ${digest}`, {
    hint: "list-packets shows those there are.",
  });
}
