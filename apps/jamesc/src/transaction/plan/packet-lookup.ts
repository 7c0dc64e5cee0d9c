import { type Digest, JamesError, type Packet, type Step } from "@jamesd/model";

/** Gives the packet of a digest. */
export type PacketOf = (digest: Digest) => Packet;

/** The packets of a plan by digest. @throws JamesError when one is asked for that is not there */
export function packetLookup(packets: Iterable<Packet>): PacketOf {
  const known = new Map([...packets].map((packet) => [packet.digest, packet]));
  return (digest) => {
    const packet = known.get(digest);
    if (packet) return packet;
    throw new JamesError("TRANSACTION_FAILED", `the plan names packet ${digest}, which is not part of it`);
  };
}

/** The packets that a plan takes away, or brings, in the order in which it does. */
export function packetsTo(
  kind: "delete" | "unpack",
  steps: readonly Step[],
  packetOf: PacketOf,
): readonly Packet[] {
  return steps.flatMap((step) => (step.kind === kind ? [packetOf(step.packet)] : []));
}
