import { type Digest, isDigest, JamesError, parseTags, shellWord } from "@jamesd/model";
import type { Client, PacketInfo } from "@jamesd/protocol";

/**
 * The packets of a name that are given by digest or by some of their tags: of several with these tags the one that is most
 * like the new one, then the newest.
 * @param tags those of the new packet
 * @throws JamesError PACKET_UNKNOWN, TAG_INVALID, or of the server
 */
export async function findBases(
  client: Client,
  name: string,
  tags: readonly string[],
  given: readonly string[],
  signal: AbortSignal,
): Promise<Digest[]> {
  if (given.length === 0) return [];
  const packets = await client.call("listPackets", { query: { name }, signal });
  return [...new Set(given.map((one) => baseIn(packets, name, tags, one)))];
}

function baseIn(
  packets: readonly PacketInfo[],
  name: string,
  tags: readonly string[],
  given: string,
): Digest {
  const named = isDigest(given) ? packets.filter(({ digest }) => digest === given) : withTags(packets, given);
  const shared = (packet: PacketInfo): number => packet.tags.filter((tag) => tags.includes(tag)).length;
  const [found] = named.toSorted((a, b) => shared(b) - shared(a) || b.sequence - a.sequence);
  if (found) return found.digest;
  throw new JamesError("PACKET_UNKNOWN", `--delta-from ${given}: there is no such packet ${name}`, {
    hint: `Show those that there are: jamesd-ctl list-packets --name ${shellWord(name)}`,
  });
}

function withTags(packets: readonly PacketInfo[], given: string): readonly PacketInfo[] {
  const wanted = parseTags(given.split(","));
  return packets.filter((packet) => wanted.every((tag) => packet.tags.includes(tag)));
}
