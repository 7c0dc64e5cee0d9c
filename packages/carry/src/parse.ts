import { type Digest, isAuthentic, JamesError, type Packet, parseName, parseTags } from "@jamesd/model";
import { DEVICE_WIRE, readAsReply } from "@jamesd/protocol/device";
import { type ExportHeader, FORMAT, invalidExport } from "./format.ts";

/** Reads the first member. @throws JamesError EXPORT_INVALID */
export function parseHeader(bytes: Buffer): ExportHeader {
  const { format, made, packets } = Object(parseJson(bytes)) as Record<keyof ExportHeader, unknown>;
  if (Number.isSafeInteger(format) && format !== FORMAT)
    throw invalidExport(
      `it is of the format ${format}; this jamesd-ctl reads the format ${FORMAT}`,
      "Use the version of jamesd-ctl that made it, or a newer one.",
    );
  const isHeader = format === FORMAT && typeof made === "string" && isCount(packets);
  if (isHeader) return { format, made, packets };
  throw invalidExport("its first member is damaged");
}

/** Reads a packet and sees that it is the one of this digest. @throws JamesError EXPORT_INVALID */
export function parsePacket(bytes: Buffer, digest: Digest): Packet {
  const packet = readAsReply(DEVICE_WIRE, "getPacket", parseJson(bytes)) as Packet | undefined;
  if (packet?.digest === digest && isSound(packet)) return packet;
  throw invalidExport(
    `the packet ${digest} in it is not what its name says`,
    "It was damaged, or made by a newer version: copy it again, or use a newer jamesd-ctl.",
  );
}

function isSound(packet: Packet): boolean {
  try {
    parseName(packet.name);
    parseTags(packet.tags);
    return isAuthentic(packet);
  } catch (thrown) {
    if (thrown instanceof JamesError) return false;
    throw thrown;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
