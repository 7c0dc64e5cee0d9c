import { buffer } from "node:stream/consumers";
import type { TarEntry } from "@jamesd/archive/tar";
import { type Digest, type Packet, scriptNames, type Tag } from "@jamesd/model";
import { MAX_REPLY_BYTES } from "@jamesd/protocol/device";
import type { Place } from "./file.ts";
import {
  contentsOf,
  type ExportHeader,
  HEADER_NAME,
  invalidExport,
  notExport,
  parseMember,
} from "./format.ts";
import { MAX_SCRIPT_BYTES } from "./max-script-bytes.ts";
import { parseHeader, parsePacket } from "./parse.ts";
import { verified } from "./verified.ts";

/** A packet of an export file, and where it stands there. */
export interface PacketPlace extends Place {
  readonly digest: Digest;
  readonly name: string;
  readonly tags: readonly Tag[];
}

/** Where everything stands in an export file. */
export interface ExportIndex {
  /** Oldest first. */
  readonly packets: readonly PacketPlace[];
  readonly blobs: ReadonlyMap<Digest, Place>;
}

const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Takes the members of an export file one by one and checks that each is whole and stands where it belongs. What it
 * remembers is bounded by the packets: a content that no packet waits for is refused.
 */
export class IndexBuilder {
  /** The first member is that of an export. */
  hasBegun = false;
  #header: ExportHeader | undefined;
  readonly #packets: PacketPlace[] = [];
  readonly #blobs = new Map<Digest, Place>();
  /** What the last packet needs and is still to come, with its size. */
  readonly #awaited = new Map<Digest, number>();

  /** Takes the next member, reading its content. @throws JamesError EXPORT_INVALID, DIGEST_MISMATCH */
  async take(entry: TarEntry): Promise<void> {
    if (this.#header === undefined) {
      if (entry.type !== "file" || entry.name !== HEADER_NAME) throw notExport();
      this.hasBegun = true;
      this.#header = parseHeader(await readSmall(entry, MAX_HEADER_BYTES));
      return;
    }
    const member = entry.type === "file" ? parseMember(entry.name) : undefined;
    switch (member?.kind) {
      case "packet":
        return await this.#takePacket(entry, member.number, member.digest, this.#header);
      case "blob":
        return await this.#takeBlob(entry, member.digest);
      default:
        throw invalidExport(`${quoted(entry.name)} does not belong into an export`);
    }
  }

  /** The index, when there are no more members. @throws JamesError EXPORT_INVALID */
  end(): ExportIndex {
    const announced = this.#header?.packets;
    if (announced === undefined) throw notExport();
    this.#endPacket();
    if (this.#packets.length !== announced)
      throw invalidExport(`it has ${this.#packets.length} of ${announced} packets`);
    return { packets: this.#packets, blobs: this.#blobs };
  }

  async #takePacket(entry: TarEntry, number: number, digest: Digest, header: ExportHeader): Promise<void> {
    this.#endPacket();
    if (number !== this.#packets.length + 1 || number > header.packets)
      throw invalidExport(`${quoted(entry.name)} is out of order`);
    const packet = parsePacket(await readSmall(entry, MAX_REPLY_BYTES), digest);
    checkScripts(packet);
    for (const content of contentsOf(packet)) this.#need(content.digest, content.size);
    const { offset, size } = entry;
    this.#packets.push({ digest, name: packet.name, tags: packet.tags, offset, size });
  }

  #need(digest: Digest, size: number): void {
    const known = this.#blobs.get(digest)?.size ?? this.#awaited.get(digest);
    if (known === undefined) this.#awaited.set(digest, size);
    else if (known !== size)
      throw invalidExport(`the content ${digest} cannot have ${known} and ${size} bytes`);
  }

  async #takeBlob({ content, size, offset }: TarEntry, digest: Digest): Promise<void> {
    const expected = this.#awaited.get(digest);
    if (expected === undefined) throw invalidExport(`the content ${digest} is there for no packet`);
    if (size !== expected)
      throw invalidExport(`the content ${digest} has ${size} bytes in place of ${expected}`);
    await readAway(verified(content, { digest, size }));
    this.#awaited.delete(digest);
    this.#blobs.set(digest, { offset, size });
  }

  #endPacket(): void {
    const [missing] = this.#awaited.keys();
    const { name } = this.#packets.at(-1) ?? {};
    if (missing !== undefined) throw invalidExport(`the content ${missing} of ${name} is missing`);
  }
}

// They are held in memory to be sent.
function checkScripts({ name, scripts }: Packet): void {
  const long = scriptNames(scripts).find((script) => (scripts[script]?.size ?? 0) > MAX_SCRIPT_BYTES);
  if (long !== undefined)
    throw invalidExport(`the ${long} of ${name} in it has more than ${MAX_SCRIPT_BYTES} bytes`);
}

async function readSmall({ name, size, content }: TarEntry, max: number): Promise<Buffer> {
  if (size > max) throw invalidExport(`${quoted(name)} has more than ${max} bytes`);
  return await buffer(content);
}

async function readAway(content: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of content);
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
