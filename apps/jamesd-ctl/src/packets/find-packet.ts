import {
  type Digest,
  isAuthentic,
  isDigest,
  JamesError,
  type Packet,
  parseName,
  parseTagList,
  sameTags,
  shortDigest,
  type Tag,
} from "@jamesd/model";
import type { Client, PacketInfo } from "@jamesd/protocol";

/** How a person names a packet: by its digest or its first digits, or by name and tags. */
export interface PacketQuery {
  readonly digest: string | undefined;
  readonly name: string | undefined;
  readonly tags: readonly Tag[] | undefined;
}

const MAX_LISTED = 10;
const DIGITS = /^[0-9a-f]{6,64}$/;

/** Checks the query alone. @throws JamesError USAGE, NAME_INVALID */
export function checkQuery({ digest, name, tags }: PacketQuery): void {
  if (digest !== undefined && (name !== undefined || tags !== undefined))
    throw usage("--digest stands alone", "Give --digest, or --name and --tags.");
  if (digest === undefined && name === undefined)
    throw usage("no packet is named", "Give --name and --tags, or --digest.");
  if (digest !== undefined && !DIGITS.test(digest))
    throw usage(`${JSON.stringify(digest)} is no digest`, "Give at least its first 6 digits.");
  if (name !== undefined) parseName(name);
}

/**
 * Reads how a person names a packet in one word: by its name, where that has several packets with tags as in
 * `vpn=v1.0.0,armv7l`, or by the first digits of its digest. @throws JamesError NAME_INVALID, TAG_INVALID
 */
export function parsePacketWord(word: string): PacketQuery {
  const [name = "", tags] = word.split(/=(.*)/s);
  if (tags !== undefined) return { digest: undefined, name: parseName(name), tags: parseTagList(tags) };
  return isDigest(word)
    ? { digest: word, name: undefined, tags: undefined }
    : { digest: undefined, name: parseName(word), tags: undefined };
}

/** The packet that a word names: of a name that might be a digest's first digits both are looked for. @throws JamesError as `findPacket` */
export async function findNamed(client: Client, word: PacketQuery, signal: AbortSignal): Promise<PacketInfo> {
  const { name = "", tags } = word;
  try {
    return await findPacket(client, word, { loose: true, signal });
  } catch (thrown) {
    const mayBeDigest = tags === undefined && DIGITS.test(name);
    if (!mayBeDigest || !(thrown instanceof JamesError) || thrown.code !== "PACKET_UNKNOWN") throw thrown;
    return await findPacket(client, { digest: name, name: undefined, tags }, { loose: true, signal });
  }
}

/**
 * The one packet meant. Tags that are exactly a packet's choose it; `loose` also takes the only packet that has all of
 * them. Without tags the name must have one packet only. @throws JamesError PACKET_UNKNOWN, PACKET_AMBIGUOUS
 */
export async function findPacket(
  client: Client,
  query: PacketQuery,
  { loose, signal }: { readonly loose: boolean; readonly signal: AbortSignal },
): Promise<PacketInfo> {
  const name = query.name ?? (await nameOf(client, query.digest, signal));
  const known = await client.call("listPackets", { query: { name }, signal });
  return choosePacket(known, query, loose);
}

/** The packet of a digest, which is checked: the server need not be believed. @throws JamesError DIGEST_MISMATCH */
export async function fetchPacket(client: Client, digest: Digest, signal: AbortSignal): Promise<Packet> {
  const packet = (await client.call("getPacket", { params: { digest }, signal })) as Packet;
  if (packet.digest === digest && isAuthentic(packet)) return packet;
  throw new JamesError("DIGEST_MISMATCH", `what came for packet ${digest} is another one`, {
    hint: "Try again; when it stays, see that it is the right server, and run jamesd verify there.",
  });
}

/** The choice of `findPacket` among known packets. */
export function choosePacket(known: readonly PacketInfo[], query: PacketQuery, loose: boolean): PacketInfo {
  const { digest, name, tags } = query;
  if (digest !== undefined)
    return only(
      known.filter((packet) => packet.digest.startsWith(digest)),
      digest,
      [],
    );
  const named = known.filter((packet) => packet.name === name);
  const label = JSON.stringify(name) + (tags ? ` with the tags ${tags.join(",") || "(none)"}` : "");
  if (!tags) return only(named, label, []);
  const exact = named.find((packet) => sameTags(packet.tags, tags));
  if (exact) return exact;
  const near = named.filter((packet) => tags.every((tag) => packet.tags.includes(tag)));
  if (!loose && near.length === 1) throw unknown(label, near);
  return only(near, label, named);
}

/** Saves the listing of the whole catalogue; undefined for the first digits of a digest, which need it. */
async function nameOf(client: Client, digest: string | undefined, signal: AbortSignal) {
  if (digest === undefined || !isDigest(digest)) return undefined;
  return (await client.call("getPacket", { params: { digest }, signal })).name;
}

function only(found: readonly PacketInfo[], label: string, near: readonly PacketInfo[]): PacketInfo {
  const [first, second] = found;
  if (first === undefined) throw unknown(label, near);
  if (second === undefined) return first;
  throw new JamesError("PACKET_AMBIGUOUS", `${found.length} packets match ${label}: ${listed(found)}`, {
    hint: "Give all tags of the one you mean with --tags, or its digest with --digest.",
  });
}

function unknown(label: string, near: readonly PacketInfo[]): JamesError {
  return new JamesError("PACKET_UNKNOWN", `there is no packet ${label}`, {
    hint: near.length > 0 ? `There is ${listed(near)}.` : "See jamesd-ctl list-packets.",
  });
}

function listed(packets: readonly PacketInfo[]): string {
  const shown = packets
    .slice(0, MAX_LISTED)
    .map(({ name, tags, digest }) => `${name} ${tags.join(",") || "(no tags)"} (${shortDigest(digest)})`);
  return shown.join("; ") + (packets.length > MAX_LISTED ? `; and ${packets.length - MAX_LISTED} more` : "");
}

function usage(message: string, hint: string): JamesError {
  return new JamesError("USAGE", message, { hint });
}
