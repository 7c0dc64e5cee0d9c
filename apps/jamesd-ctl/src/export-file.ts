import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  type Content,
  type Digest,
  isAuthentic,
  JamesError,
  manifestBlobs,
  type Packet,
  type Scripts,
} from "@jamesd/model";
import { packetSchema } from "@jamesd/protocol";
import { verify } from "./blob.ts";
import { blobName, FORMAT, MARK } from "./export-format.ts";
import { unreadable } from "./local-file.ts";
import { indexTar, type Member } from "./tar-index.ts";

/** A packet's file is read whole; one of 200,000 entries fits. */
const MAX_JSON_BYTES = 256 * 1024 * 1024;

/** A file that `export` wrote, checked. */
export interface ExportFile {
  /** In the order in which they were uploaded. */
  readonly packets: readonly Packet[];
  readonly open: (digest: Digest) => Readable;
}

/**
 * Opens an export and checks all of it: that every packet is what its digest says, and that every content is there.
 * @throws JamesError ARCHIVE_NOT_RECOGNISED, ARCHIVE_TRUNCATED, ARCHIVE_CORRUPT, FILE_UNREADABLE
 */
export async function openExport(path: string, signal: AbortSignal): Promise<ExportFile> {
  const members = indexTar(path, sizeOf(path));
  const read = ({ start, size }: Member): Readable =>
    size === 0 ? Readable.from([]) : createReadStream(path, { start, end: start + size - 1 });
  const json = async (name: string): Promise<unknown> => readJson(path, members.get(name), read);
  const mark = (await json(MARK)) as { format?: unknown } | undefined;
  if (mark?.format !== FORMAT) throw unknownFormat(path, mark?.format);
  const packets: Packet[] = [];
  for (const name of [...members.keys()].filter((member) => member.startsWith("packets/")).sort())
    packets.push(readPacket(await json(name), `${path}: ${name}`));
  const contents = new Map(packets.flatMap(contentsOf).map((content) => [content.digest, content]));
  for (const content of contents.values()) {
    signal.throwIfAborted();
    const member = members.get(blobName(content.digest));
    if (!member) throw corrupt(path, `the content ${content.digest} is missing`);
    await checkContent(read(member), content, path);
  }
  return { packets, open: (digest) => read(members.get(blobName(digest)) as Member) };
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function readJson(
  path: string,
  member: Member | undefined,
  read: (member: Member) => Readable,
): Promise<unknown> {
  if (!member || member.size > MAX_JSON_BYTES) return undefined;
  try {
    return JSON.parse((await buffer(read(member))).toString());
  } catch (cause) {
    throw corrupt(path, (cause as Error).message);
  }
}

function readPacket(json: unknown, where: string): Packet {
  const parsed = packetSchema.safeParse(json);
  const packet =
    parsed.success && ({ ...parsed.data, scripts: parsed.data.scripts as Scripts } satisfies Packet);
  if (packet && isAuthentic(packet)) return packet;
  throw corrupt(where, "the packet is not what its digest says");
}

/** Every content that a packet needs. */
export function contentsOf({ manifest, scripts }: Packet): readonly Content[] {
  const files = [...manifestBlobs(manifest)].map(([digest, size]) => ({ digest, size }));
  return [...files, ...Object.values(scripts)];
}

async function checkContent(stream: Readable, content: Content, path: string): Promise<void> {
  try {
    for await (const _ of verify(stream, content));
  } catch (cause) {
    throw corrupt(path, (cause as Error).message);
  }
}

function corrupt(path: string, why: string): JamesError {
  return new JamesError("ARCHIVE_CORRUPT", `${path} is damaged: ${why}`, {
    hint: "Copy it again from where it was made, or export again.",
  });
}

function unknownFormat(path: string, format: unknown): JamesError {
  if (format === undefined)
    return new JamesError("ARCHIVE_NOT_RECOGNISED", `${path} is no export of packets`, {
      hint: "Name a file that jamesd-ctl export wrote.",
    });
  return new JamesError("ARCHIVE_NOT_RECOGNISED", `${path} is an export of the format ${format}`, {
    hint: `This jamesd-ctl reads the format ${FORMAT}; use the one that wrote it.`,
  });
}
