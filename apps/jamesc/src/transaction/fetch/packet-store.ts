import { readdirSync, rmSync } from "node:fs";
import { type ArchiveLimits, checkManifest } from "@jamesd/archive/safe-path";
import { writeDurably } from "@jamesd/disk";
import {
  checkConffiles,
  checkVolatile,
  type Digest,
  digestOfText,
  formatUnknown,
  isLater,
  JamesError,
  type Manifest,
  makePacket,
  type Packet,
  type PacketWithText,
  packetFromText,
  packetText,
  parseName,
  parseTags,
  type Scripts,
  sha256,
} from "@jamesd/model";
import { DEVICE_WIRE, readAsReply } from "@jamesd/protocol/device";
import { readAgentFile } from "../disk/agent-file.ts";
import { naming } from "../disk/device-error.ts";
import { type Layout, packetFile, scriptFile } from "../disk/layout.ts";

/** An entry as JSON, on average of many: its digest and numbers take some 200 bytes, the rest is for its path. */
const ENTRY_BYTES = 512;
/** Name, tags, scripts and configuration files. */
const REST_BYTES = 1024 * 1024;

/** The packets that this device has or is about to have: their manifests, kept by digest. */
export class PacketStore {
  readonly #layout: Layout;
  readonly #limits: ArchiveLimits;
  readonly #known = new Map<Digest, Packet>();

  constructor(layout: Layout, limits: ArchiveLimits) {
    this.#layout = layout;
    this.#limits = limits;
  }

  /**
   * Keeps a packet that came from outside, when it is what its digest says.
   * @param text its text, when that is at hand @param unchecked those of its entries that this device has not seen to be safe yet
   * @throws JamesError DIGEST_MISMATCH, NAME_INVALID, TAG_INVALID, ARCHIVE_*, CONFFILE_INVALID
   */
  take(
    digest: Digest,
    packet: Packet,
    text: string = packetText(packet),
    unchecked: Manifest = packet.manifest,
  ): Packet {
    if (packet.digest !== digest || digestOfText(text) !== digest)
      throw new JamesError("DIGEST_MISMATCH", `the manifest that came for packet ${digest} is another one's`);
    parseName(packet.name);
    parseTags(packet.tags);
    checkManifest(packet.manifest, { ...this.#limits, allowSetid: packet.setid }, unchecked);
    checkConffiles(packet);
    checkVolatile(packet);
    const file = packetFile(this.#layout, digest);
    naming("write", file, () => writeDurably(file, withDigest(digest, text)));
    this.#known.set(digest, packet);
    return packet;
  }

  /** The packet when it is here and undamaged. */
  find(digest: Digest): Packet | undefined {
    return this.#known.get(digest) ?? this.findWithText(digest)?.packet;
  }

  /** The same, with its text. */
  findWithText(digest: Digest): PacketWithText | undefined {
    const known = this.#known.get(digest);
    if (known) return { packet: known, text: packetText(known) };
    const read = this.#read(digest);
    if (read) this.#known.set(digest, read.packet);
    return read;
  }

  /** The same, and it is not held in memory afterwards. */
  peek(digest: Digest): Packet | undefined {
    return this.#known.get(digest) ?? this.#read(digest)?.packet;
  }

  /** The paths of its configuration files, as it was kept. Nothing else of it is made or held: it may be megabytes. */
  conffilesOf(digest: Digest): readonly string[] {
    const known = this.#known.get(digest);
    if (known) return known.conffiles;
    try {
      const packet: unknown = JSON.parse(this.#text(digest));
      const { conffiles } = packet as { readonly conffiles?: unknown };
      return Array.isArray(conffiles) ? conffiles.filter((path) => typeof path === "string") : [];
    } catch {
      return [];
    }
  }

  /** Removes scripts whose content is not what their name says; those of installed packets are fetched again. */
  forgetDamagedScripts(): void {
    for (const digest of readdirSync(this.#layout.scripts))
      if (!isSound(scriptFile(this.#layout, digest), digest))
        rmSync(scriptFile(this.#layout, digest), { recursive: true, force: true });
  }

  /** Every packet that is here. */
  all(): readonly Packet[] {
    const digests = new Set(readdirSync(this.#layout.packets).map(digestOfFile));
    return [...digests].flatMap((digest) => this.find(digest) ?? []);
  }

  /** Forgets all packets and scripts but those of these packets. */
  keepOnly(digests: ReadonlySet<Digest>): void {
    const scripts = new Set<string>();
    for (const digest of digests)
      for (const script of Object.values(this.find(digest)?.scripts ?? {})) scripts.add(script.digest);
    for (const file of readdirSync(this.#layout.packets))
      if (!digests.has(digestOfFile(file))) rmSync(`${this.#layout.packets}/${file}`, { force: true });
    for (const file of readdirSync(this.#layout.scripts))
      if (!scripts.has(file)) rmSync(scriptFile(this.#layout, file), { force: true });
    for (const digest of this.#known.keys()) if (!digests.has(digest)) this.#known.delete(digest);
  }

  /** Forgets what is held in memory: most of the time an agent waits. */
  release(): void {
    this.#known.clear();
  }

  #read(digest: Digest): PacketWithText | undefined {
    try {
      const kept = this.#text(digest);
      const text = withoutDigest(digest, kept);
      const packet = packetFromText(text, digest);
      if (packet) return { packet, text };
      // As an earlier jamesc kept it, it may lack what packets have today.
      const made = makePacket(JSON.parse(kept));
      return made.digest === digest ? { packet: made, text: packetText(made) } : undefined;
    } catch {
      return undefined;
    }
  }

  #text(digest: Digest): string {
    return readAgentFile(packetFile(this.#layout, digest)).toString();
  }
}

/** How a packet is kept: its text with its digest in front, without which the first jamesc of all believes none. */
function withDigest(digest: Digest, text: string): string {
  return `${beginning(digest)}${text.slice(1)}`;
}

/** The text of a packet that was kept so; as it is when it was not. */
function withoutDigest(digest: Digest, kept: string): string {
  return kept.startsWith(beginning(digest)) ? `{${kept.slice(beginning(digest).length)}` : kept;
}

function beginning(digest: Digest): string {
  return `{"digest":"${digest}",`;
}

function isSound(script: string, digest: Digest): boolean {
  try {
    return sha256(readAgentFile(script)) === digest;
  } catch (cause) {
    // Something else stands in its place. A disk that does not let it be read is another matter.
    if (cause instanceof JamesError) return false;
    throw cause;
  }
}

// A manifest, or the marks or the note of an installed packet.
function digestOfFile(file: string): Digest {
  return file.replace(/\.(?:json|marks|note)$/, "");
}

/** Bytes that the text of a packet may have on this device: a hostile server's must not fill its memory. */
export function manifestBytes({ entries }: ArchiveLimits): number {
  return entries * ENTRY_BYTES + REST_BYTES;
}

type MaybeScripts = { readonly [name in keyof Scripts]: Scripts[name] | undefined };

/** A packet from its text (`packetText`), of which only the form is checked. @throws JamesError DIGEST_MISMATCH when it has none */
export function parsePacket(digest: Digest, text: string): Packet {
  const said = jsonObject(text);
  if (isLater("packet", said)) throw formatUnknown("packet", said.format);
  const packet = readAsReply(DEVICE_WIRE, "getPacket", { ...said, digest });
  if (packet) return withGivenScripts(packet);
  throw new JamesError("DIGEST_MISMATCH", `what came for packet ${digest} is no packet`);
}

/** The same packet, without the names of scripts that it does not have. */
export function withGivenScripts(
  packet: Omit<Packet, "scripts"> & { readonly scripts: MaybeScripts },
): Packet {
  const given = Object.entries(packet.scripts).filter(([, script]) => script !== undefined);
  return { ...packet, scripts: Object.fromEntries(given) as Scripts };
}

function jsonObject(text: string): object {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
