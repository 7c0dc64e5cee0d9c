import type * as wire from "@jamesd/protocol";
import type { PacketRequest } from "../../ingest/packet-request.ts";
import type { PacketChoice } from "../../packets/packet-rules.ts";
import type { Added } from "../../packets/packets.ts";
import type { PacketInfo } from "../../repository/packet-info.ts";
import type { Answer } from "./answer.ts";

/** A packet as lists show it. */
export function wirePacket(info: PacketInfo): Answer<wire.PacketInfo> {
  const { digest, name, tags, scripts, sequence, files, size, uploaded, author } = info;
  return { digest, name, tags, scripts, sequence, files, size, uploaded, author };
}

/** What a packet is to be made of, with its scripts as they are. */
export function packetRequest({
  scripts,
  deltaFrom: _,
  rollout: __,
  message: ___,
  ...packet
}: wire.AddPacket): PacketRequest {
  const contents = Object.entries(scripts).map(([name, text]) => [name, Buffer.from(text ?? "", "base64")]);
  return { ...packet, scripts: Object.fromEntries(contents) };
}

/** How a packet is to get to devices. */
export function packetChoice({ rollout, message }: wire.AddPacket): PacketChoice {
  return { plan: rollout?.plan, now: rollout?.now, again: rollout?.again, message };
}

/** What became of a request for a packet. */
export function wireAdded({ packet, created, warnings, rollout }: Added): Answer<wire.AddedPacket> {
  return { packet: wirePacket(packet), created, warnings, ...(rollout !== undefined && { rollout }) };
}
