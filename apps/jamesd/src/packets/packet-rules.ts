import type { Digest, GivenRollout } from "@jamesd/model";
import type { Origin } from "../repository/origin.ts";
import type { PackedPacket } from "../repository/packed-packet.ts";
import type { PacketEnding } from "../repository/packet-store.ts";
import type { NewRollout } from "../repository/rollout-store.ts";

/** How a change of packets gets to devices: all at once, unless it is said here. */
export interface PacketChoice {
  /** However many they are. */
  readonly now?: boolean | undefined;
  /** In waves. */
  readonly plan?: GivenRollout | undefined;
  /** Also when it is what a rollout brought that was reverted. */
  readonly again?: boolean | undefined;
  /** Why, for the revision of a packet that spreads. */
  readonly message?: string | undefined;
}

/** How a packet spreads. */
export interface SpreadPacket {
  /** That its rollout will have. */
  readonly revision: number;
  readonly rollout: NewRollout;
  readonly warnings: readonly string[];
}

/** What says how packets may get to devices. */
export interface PacketRules {
  /** False: any change may be for all devices at once. */
  readonly areBounded: boolean;
  /** A packet of this name and these tags is to be there. @throws JamesError TOO_MANY_AT_ONCE */
  addition(packet: Pick<PackedPacket, "name" | "tags">, choice: PacketChoice): Promise<void>;
  /** A packet is to be there no more. @throws JamesError TOO_MANY_AT_ONCE */
  removal(digest: Digest, choice: PacketChoice): Promise<void>;
  /** It is to be none that was taken back. @throws JamesError ROLLOUT_REVERTED */
  requireOther(digest: Digest, choice: PacketChoice): Promise<void>;
  /** The devices that a packet is for, and the first wave of them. @throws JamesError ROLLOUT_LIMIT, ROLLOUT_INVALID, TAG_INVALID, PATH_CONFLICT */
  spread(packet: PackedPacket, plan: GivenRollout, origin: Origin): Promise<SpreadPacket>;
  /** What ends the rollout of a packet that is to be there no more. */
  endingOf(digest: Digest): PacketEnding | undefined;
}
