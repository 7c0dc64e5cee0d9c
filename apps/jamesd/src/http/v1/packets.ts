import type * as wire from "@jamesd/protocol";
import type { PacketInfo } from "../../repository/packet-info.ts";
import type { Answer } from "./answer.ts";

/** A packet as lists show it. */
export function wirePacket(info: PacketInfo): Answer<wire.PacketInfo> {
  const { digest, name, tags, scripts, sequence, files, size, uploaded, author } = info;
  return { digest, name, tags, scripts, sequence, files, size, uploaded, author };
}
