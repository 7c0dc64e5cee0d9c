import {
  alikeText,
  type Digest,
  type Manifest,
  type Packet,
  type PacketWithText,
  packetText,
} from "@jamesd/model";
import { parsePacket } from "./packet-store.ts";

/** A packet that came as its text. */
export interface CameAsText extends PacketWithText {
  /** Those of its entries that no packet of this device has. */
  readonly unchecked: Manifest;
}

/**
 * Reads a packet from its text: what an installed one has alike is not read, nor held, a second time. Whether it is what its
 * digest says is for who takes it (`PacketStore.take`). @throws JamesError as `parsePacket`
 */
export function readPacketText(digest: Digest, text: string, installed: PacketWithText): CameAsText {
  const alike = alikeText(text, installed);
  const rest = alike && parsePacket(digest, alike.rest);
  // In the words of this jamesc: what it does not know makes it another text.
  if (!alike || !rest || packetText(rest) !== alike.rest) return readWhole(digest, text);
  const packet = { ...rest, manifest: alike.manifestWith(rest.manifest) };
  // What was safe there because it was declared is not safe where it is not.
  const isAsSafe = rest.setid || !installed.packet.setid;
  return { packet, text, unchecked: isAsSafe ? rest.manifest : packet.manifest };
}

function readWhole(digest: Digest, text: string): CameAsText {
  const packet: Packet = parsePacket(digest, text);
  return { packet, text: packetText(packet), unchecked: packet.manifest };
}
