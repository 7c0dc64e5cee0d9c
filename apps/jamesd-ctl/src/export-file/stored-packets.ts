import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { writeArchive } from "@jamesd/archive/write";
import {
  type ExportIndex,
  invalidExport,
  type OpenFile,
  type PacketPlace,
  parsePacket,
  verified,
} from "@jamesd/carry";
import { type Digest, type Packet, type ScriptName, scriptNames } from "@jamesd/model";
import type { Upload } from "../packets/upload.ts";

/** The packets of an export file that was checked. What is read of them is checked again: the file may change meanwhile. */
export class StoredPackets {
  readonly #file: OpenFile;
  readonly #index: ExportIndex;

  constructor(file: OpenFile, index: ExportIndex) {
    this.#file = file;
    this.#index = index;
  }

  /** Oldest first. */
  get places(): readonly PacketPlace[] {
    return this.#index.packets;
  }

  async packet(place: PacketPlace): Promise<Packet> {
    return parsePacket(await buffer(this.#file.read(place)), place.digest);
  }

  /** The scripts of a packet in base64. */
  async scripts({ scripts }: Packet): Promise<{ readonly [name in ScriptName]?: string }> {
    const texts: { [name in ScriptName]?: string } = {};
    for (const name of scriptNames(scripts)) {
      const script = scripts[name];
      if (script) texts[name] = (await buffer(this.#content(script.digest))).toString("base64");
    }
    return texts;
  }

  /** A packet's files as a tar equivalent to the one it was made of. It is made anew each time that it is read, and is the same each time. */
  async upload({ manifest }: Packet): Promise<Upload> {
    const make = () => writeArchive(manifest, (digest) => Readable.from(this.#content(digest)));
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of make() as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      size += chunk.length;
    }
    return { digest: hash.digest("hex"), size, open: (start) => Readable.from(from(make(), start)) };
  }

  #content(digest: Digest): AsyncIterable<Uint8Array> {
    const place = this.#index.blobs.get(digest);
    if (place === undefined) throw invalidExport(`the content ${digest} is missing`);
    return verified(this.#file.read(place), { digest, size: place.size });
  }
}

/** What comes after the first `start` bytes. */
async function* from(
  content: AsyncIterable<Uint8Array>,
  start: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0;
  for await (const chunk of content) {
    const rest = chunk.subarray(Math.max(0, start - at));
    at += chunk.length;
    if (rest.length > 0) yield rest;
  }
}
