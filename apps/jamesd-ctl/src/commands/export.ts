import { Readable } from "node:stream";
import { writeArchive } from "@jamesd/archive";
import { flag, parsed } from "@jamesd/config";
import {
  type Content,
  type Digest,
  type FileEntry,
  JamesError,
  type Packet,
  parseName,
  sha256,
} from "@jamesd/model";
import type { Client, PacketInfo } from "@jamesd/protocol";
import { checkTarget, writeArchive as writeFile } from "../archive-file.ts";
import { openBlob } from "../blob.ts";
import { type Context, defineCommand } from "../command.ts";
import { contentsOf } from "../export-file.ts";
import { blobName, FORMAT, fileEntry, MARK, packetName } from "../export-format.ts";
import { tagList } from "../flags.ts";

/** Writes packets into one file, which `import` takes to another server. */
export const exportPackets = defineCommand({
  name: "export",
  aliases: [],
  summary: "write packets into one file, to carry them to another server",
  options: {
    name: parsed({ value: "NAME", help: "only packets of this name", parse: parseName }),
    tags: tagList({ help: "only packets that have all these tags" }),
    force: flag({ help: "overwrite the file of --output" }),
  },
  defaultFormat: "yaml",
  outputsFile: true,
  async handler({ name, tags, force }, context) {
    const { file, signal } = context;
    if (file === undefined)
      throw new JamesError("USAGE", "export needs --output FILE", { hint: "As in --output packets.tar." });
    checkTarget(file, force);
    const client = context.connect();
    const query = { name, tags: tags?.join(",") || undefined };
    const infos = await client.call("listPackets", { query, signal });
    if (infos.length === 0)
      throw new JamesError("PACKET_UNKNOWN", "there is no such packet", {
        hint: "See jamesd-ctl list-packets.",
      });
    const content = await exportOf(client, infos, context);
    const bytes = await writeFile(content, file, { force, server: "the server" });
    return { data: { packets: infos.length, file, bytes } };
  },
});

/** The export as a stream: what it is, the contents, the packets, oldest first. */
async function exportOf(
  client: Client,
  infos: readonly PacketInfo[],
  { signal }: Context,
): Promise<Readable> {
  const blobs = new Map<Digest, Content>();
  const mark = textOf({ format: FORMAT });
  // Packets are read twice, once for their sizes, so that not all of them are in memory.
  const texts = new Map<Digest, () => Promise<string>>([[sha256(mark), async () => mark]]);
  const packets: FileEntry[] = [];
  for (const [number, { digest }] of infos.toReversed().entries()) {
    const read = async (): Promise<Packet> =>
      (await client.call("getPacket", { params: { digest }, signal })) as Packet;
    const packet = await read();
    for (const content of contentsOf(packet)) blobs.set(content.digest, content);
    const entry = textEntry(packetName(number, packet), textOf(packet));
    texts.set(entry.digest, async () => textOf(await read()));
    packets.push(entry);
  }
  const contents = [...blobs.values()].map(({ digest, size }) => fileEntry(blobName(digest), size, digest));
  return writeArchive([textEntry(MARK, mark), ...contents, ...packets], (digest) => {
    const text = texts.get(digest);
    return text ? Readable.from(later(text)) : openBlob(client, blobs.get(digest) as Content, signal);
  });
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function textEntry(path: string, text: string): FileEntry {
  return fileEntry(path, Buffer.byteLength(text), sha256(text));
}

async function* later(text: () => Promise<string>): AsyncGenerator<Buffer> {
  yield Buffer.from(await text());
}
