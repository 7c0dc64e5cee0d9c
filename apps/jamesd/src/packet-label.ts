import type { PacketSummary } from "@jamesd/model";

/** What a packet is called in messages: `vpn [armv7l, v1]`. */
export function packetLabel({ name, tags }: Pick<PacketSummary, "name" | "tags">): string {
  return `${name} [${tags.join(", ")}]`;
}
