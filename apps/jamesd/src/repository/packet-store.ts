import type { Digest, Packet } from "@jamesd/model";
import type { Origin } from "./origin.ts";
import type { PackedPacket } from "./packed-packet.ts";
import type { PacketInfo } from "./packet-info.ts";
import type { NewRollout, RolloutEnding } from "./rollout-store.ts";

/** Spreads a packet: makes a revision for it that changes no document. */
export interface PacketRollout extends NewRollout {
  readonly message: string;
  /** The position of the feed at which it was judged. */
  readonly judgedAt?: number | undefined;
}

/** Ends rollouts with a packet: makes a revision for it that changes no document. */
export interface PacketEnding {
  readonly message: string;
  readonly ends: readonly RolloutEnding[];
}

/** The packets. */
export interface PacketStore {
  /**
   * Adds a packet, and notes by which request (`requestDigest`). The same digest again changes nothing, begins no rollout and
   * gives what is there. @throws PACKET_CONFLICT when name and tags are taken by another content, CHANGE_OVERTAKEN, ROLLOUT_STATUS
   */
  add(
    packet: Packet | PackedPacket,
    origin: Origin,
    request?: Digest,
    rollout?: PacketRollout,
  ): Promise<{ info: PacketInfo; created: boolean }>;
  /** The packet that a request made, of those that are there; a request is remembered for some thousand later ones. */
  ofRequest(request: Digest): Promise<PacketInfo | undefined>;
  /** The packet without its manifest, or undefined. */
  info(digest: Digest): Promise<PacketInfo | undefined>;
  /** The whole packet, or undefined. */
  get(digest: Digest): Promise<Packet | undefined>;
  /** The whole packet as JSON, as it is stored: whoever reads it sees whether it has its digest. @throws JamesError STORE_CORRUPT */
  json(digest: Digest): Promise<Uint8Array | undefined>;
  /** Every packet without its manifest, oldest first. */
  all(): Promise<readonly PacketInfo[]>;
  /** Deletes a packet; false when there was none. Its blobs stay, for the collection of garbage. @throws CHANGE_OVERTAKEN */
  remove(digest: Digest, origin: Origin, judgedAt?: number, ending?: PacketEnding): Promise<boolean>;
}
