import type { Packet } from "@jamesd/model";

/** A packet as it comes over the wire: what is empty is left out. */
export type SentPacket = Omit<Packet, keyof typeof EMPTY> & Partial<Packet>;

const EMPTY = { conffiles: [], volatile: [], policy: {}, setid: false, agent: false } as const;

/** A packet with all that it says by saying nothing. */
export function wholePacket(sent: SentPacket): Packet {
  return { ...EMPTY, ...sent };
}
