import { createHash } from "node:crypto";
import type { Content } from "./content.ts";
import { canonicalJson, type Digest, digestOf } from "./digest.ts";
import { type Manifest, sortedManifest } from "./manifest.ts";
import { type Policy, parsePolicy } from "./policy.ts";
import { sortedTags, type Tag } from "./tag.ts";

const PACKET_DIGEST = "jamesd-packet-v1";
const NO_MANIFEST = '"manifest":[]';

/** The scripts a packet may carry: four in the seed's words, and the one that proves that it works. */
export const SCRIPT_NAMES = ["preinst", "postinst", "prerm", "postrm", "healthcheck"] as const;
export type ScriptName = (typeof SCRIPT_NAMES)[number];

/** Script name to its content, which is a blob like any other. */
export type Scripts = { readonly [name in ScriptName]?: Content };

/** What a packet is, without its digest: what the digest is taken of. */
export interface PacketContent {
  readonly name: string;
  readonly tags: readonly Tag[];
  readonly scripts: Scripts;
  readonly manifest: Manifest;
  /** Paths of its files that people edit on the device (configuration files, as in dpkg), sorted. */
  readonly conffiles: readonly string[];
  /** Paths of what its scripts are known to write, sorted; of a directory, all below it: these never count as drift. */
  readonly volatile: readonly string[];
  readonly policy: Policy;
  /** True when it may hold setuid and setgid files, and such with capabilities. */
  readonly setid: boolean;
  /** True when it may replace what an agent itself runs by: its program, configuration, certificates and key. */
  readonly agent: boolean;
}

/** A packet's content as it is put together: what is left out is empty. */
export type NewPacket = Pick<PacketContent, "name" | "tags" | "scripts" | "manifest"> &
  Partial<PacketContent>;

/** An immutable packet, known by its digest. */
export interface Packet extends PacketContent {
  readonly digest: Digest;
}

/** What a packet is called in messages: `vpn [armv7l, v1]`. */
export function packetLabel({ name, tags }: Pick<PacketSummary, "name" | "tags">): string {
  return `${name} [${tags.join(", ")}]`;
}

/** The part of a packet that matching and planning need. `sequence` grows with each upload: larger is newer. */
export interface PacketSummary {
  readonly digest: Digest;
  readonly name: string;
  readonly tags: readonly Tag[];
  readonly scripts: readonly ScriptName[];
  readonly sequence: number;
  /** What an agent must have to install it (`featuresOf`); left out when that is nothing. */
  readonly features?: readonly string[];
}

/** Makes a packet of its content: sorts tags and entries and takes the digest. */
export function makePacket(content: NewPacket): Packet {
  const canonical = canonicalContent(content);
  return { ...canonical, digest: digestOf(PACKET_DIGEST, withoutDefaults(canonical)) };
}

/**
 * A packet of its content, and of its manifest also as the canonical JSON that it may be kept as: then the digest is taken
 * of that as it is, which for thousands of files takes a hundredth of the time.
 */
export function packetOfText(content: NewPacket, manifest: Uint8Array): Packet {
  const canonical = canonicalContent({ ...content, manifest: [] });
  // What stands before it may hold these letters, but not these quotation marks.
  const text = canonicalJson(withoutDefaults(canonical));
  const at = text.indexOf(NO_MANIFEST) + NO_MANIFEST.length;
  const hash = createHash("sha256")
    .update(`${PACKET_DIGEST}\n${text.slice(0, at - 2)}`)
    .update(manifest);
  return { ...canonical, manifest: content.manifest, digest: hash.update(text.slice(at)).digest("hex") };
}

/** A packet's content as the text that its digest is taken of: equal packets have equal texts. */
export function packetText(packet: Packet): string {
  return canonicalJson(withoutDefaults(canonicalContent(packet)));
}

/** The digest of the packet whose text (`packetText`) that is. */
export function digestOfText(text: string): Digest {
  return createHash("sha256").update(`${PACKET_DIGEST}\n`).update(text).digest("hex");
}

/** A packet from its own text; undefined when it is not that of the packet with this digest. */
export function packetFromText(text: string, digest: Digest): Packet | undefined {
  if (digestOfText(text) !== digest) return undefined;
  const said = JSON.parse(text);
  const content = canonicalContent(said);
  // In the order of the text.
  return content.manifest === said.manifest ? { ...content, digest } : undefined;
}

/** True when the digest is that of the content: what is checked before a manifest is believed. */
export function isAuthentic(packet: Packet): boolean {
  return makePacket(packet).digest === packet.digest;
}

function canonicalContent(content: NewPacket): PacketContent {
  const {
    name,
    tags,
    scripts,
    manifest,
    conffiles = [],
    volatile = [],
    policy = {},
    setid = false,
    agent = false,
  } = content;
  return {
    name,
    tags: sortedTags(tags),
    scripts,
    manifest: sortedManifest(manifest),
    conffiles: [...new Set(conffiles)].sort(),
    volatile: [...new Set(volatile)].sort(),
    policy: parsePolicy(policy),
    setid,
    agent,
  };
}

// What is empty is left out, so that a packet without it has the digest that it always had.
function withoutDefaults({ conffiles, volatile, policy, setid, agent, ...content }: PacketContent): object {
  return {
    ...content,
    ...(conffiles.length > 0 && { conffiles }),
    ...(volatile.length > 0 && { volatile }),
    ...(Object.keys(policy).length > 0 && { policy }),
    ...(setid && { setid }),
    ...(agent && { agent }),
  };
}

/** The names of the scripts a packet has, in the fixed order of SCRIPT_NAMES. */
export function scriptNames(scripts: Scripts): readonly ScriptName[] {
  return SCRIPT_NAMES.filter((name) => scripts[name] !== undefined);
}
