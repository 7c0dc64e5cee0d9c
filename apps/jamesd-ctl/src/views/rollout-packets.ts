import type { Table } from "@jamesd/config/print";
import { shortDigest } from "@jamesd/model";
import type { RolloutPacket } from "@jamesd/protocol";

/** What a rollout brings as a table: which packet in the place of which. */
export function rolloutPacketTable(packets: readonly RolloutPacket[]): Table {
  const rows = packets.map(({ name, from, to, devices }) => [
    name,
    packetText(from),
    packetText(to),
    String(devices),
  ]);
  return { columns: ["app", "before", "after", "devices"], rows };
}

function packetText(packet: RolloutPacket["from"]): string {
  return packet ? `${shortDigest(packet.digest)} [${packet.tags.join(" ")}]` : "-";
}
