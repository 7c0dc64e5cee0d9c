import { type Digest, digestOf } from "./digest.ts";
import { type Manifest, sortedManifest } from "./manifest.ts";
import { sortedTags, type Tag } from "./tag.ts";

/** The scripts a packet may carry, in the seed's words. */
export const SCRIPT_NAMES = ["preinst", "postinst", "prerm", "postrm"] as const;
export type ScriptName = (typeof SCRIPT_NAMES)[number];

/** Script name to the digest of its content; a script's content is a blob like any other. */
export type Scripts = { readonly [name in ScriptName]?: { readonly digest: Digest; readonly size: number } };

/** What a packet is, without its digest: what the digest is taken of. */
export interface PacketContent {
  readonly name: string;
  readonly tags: readonly Tag[];
  readonly scripts: Scripts;
  readonly manifest: Manifest;
}

/** An immutable packet, known by its digest. */
export interface Packet extends PacketContent {
  readonly digest: Digest;
}

/** The part of a packet that matching and planning need. `sequence` grows with each upload: larger is newer. */
export interface PacketSummary {
  readonly digest: Digest;
  readonly name: string;
  readonly tags: readonly Tag[];
  readonly scripts: readonly ScriptName[];
  readonly sequence: number;
}

/** Makes a packet of its content: sorts tags and entries and takes the digest. */
export function makePacket(content: PacketContent): Packet {
  const canonical = canonicalContent(content);
  return { ...canonical, digest: digestOf("jamesd-packet-v1", canonical) };
}

/** True when the digest is that of the content: what an agent checks before it believes a manifest. */
export function isAuthentic(packet: Packet): boolean {
  return makePacket(packet).digest === packet.digest;
}

function canonicalContent({ name, tags, scripts, manifest }: PacketContent): PacketContent {
  return { name, tags: sortedTags(tags), scripts, manifest: sortedManifest(manifest) };
}

/** The names of the scripts a packet has, in the fixed order of SCRIPT_NAMES. */
export function scriptNames(scripts: Scripts): readonly ScriptName[] {
  return SCRIPT_NAMES.filter((name) => scripts[name] !== undefined);
}
