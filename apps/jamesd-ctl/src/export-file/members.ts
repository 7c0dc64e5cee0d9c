import type { Member } from "@jamesd/archive/write";
import {
  blobMember,
  contentsOf,
  type ExportHeader,
  FORMAT,
  HEADER_NAME,
  packetMember,
  verified,
} from "@jamesd/carry";
import { type Content, type Digest, isAuthentic, JamesError, type Packet } from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";

/** Where packets and their contents come from. */
export interface ExportSource {
  packet(digest: Digest): Promise<Packet>;
  blob(content: Content): AsyncIterable<Uint8Array>;
}

/**
 * The members of an export of these packets, in this order: the header, then each packet before the contents that no
 * packet before it needs. So whoever reads the file knows at every member whether it belongs there.
 */
export async function* exportMembers(
  packets: readonly PacketInfo[],
  source: ExportSource,
  made: Date,
): AsyncGenerator<Member, void, undefined> {
  const header: ExportHeader = { format: FORMAT, made: made.toISOString(), packets: packets.length };
  yield jsonMember(HEADER_NAME, header);
  const written = new Set<Digest>();
  for (const [i, { digest }] of packets.entries()) {
    const packet = authentic(await source.packet(digest), digest);
    yield jsonMember(packetMember(i + 1, digest), packet);
    for (const content of contentsOf(packet)) {
      if (written.has(content.digest)) continue;
      written.add(content.digest);
      yield blobOf(content, source);
    }
  }
}

function jsonMember(name: string, value: unknown): Member {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  return { name, size: bytes.length, content: () => oneChunk(bytes) };
}

function blobOf(content: Content, source: ExportSource): Member {
  const { digest, size } = content;
  return { name: blobMember(digest), size, content: () => verified(source.blob(content), content) };
}

function authentic(packet: Packet, digest: Digest): Packet {
  if (packet.digest === digest && isAuthentic(packet)) return packet;
  throw new JamesError("DIGEST_MISMATCH", `what the server gave for the packet ${digest} is another`, {
    hint: "Use a jamesd-ctl of the server's version, or newer.",
  });
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
