import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { writeArchive } from "@jamesd/archive";
import { text } from "@jamesd/config";
import { JamesError, type Packet, SCRIPT_NAMES } from "@jamesd/model";
import { type Context, defineCommand } from "../command.ts";
import { type ExportFile, openExport } from "../export-file.ts";
import { required } from "../flags.ts";
import { packetTable } from "../packet-view.ts";
import { sendPacket } from "../send-packet.ts";
import type { Sendable } from "../upload.ts";

/** Brings the packets of an export into a server, as if they were added there, oldest first. */
export const importPackets = defineCommand({
  name: "import",
  aliases: [],
  summary: "add the packets of a file that export wrote; those that are there already are passed over",
  options: { data: required(text({ value: "FILE", help: "the file that export wrote" })) },
  defaultFormat: "yaml",
  async handler({ data }, context) {
    const file = await openExport(data, context.signal);
    const client = context.connect();
    const known = new Set(
      (await client.call("listPackets", { signal: context.signal })).map(({ digest }) => digest),
    );
    const added = [];
    for (const packet of file.packets) {
      if (known.has(packet.digest)) continue;
      added.push(await addPacket(packet, file, context));
    }
    const present = file.packets.length - added.length;
    return {
      data: { added: added.map(({ name, tags, digest }) => ({ name, tags, digest })), present },
      table: packetTable(added),
    };
  },
});

async function addPacket(packet: Packet, file: ExportFile, context: Context) {
  const { name, tags, conffiles, policy, setid } = packet;
  const scripts: Record<string, string> = {};
  for (const script of SCRIPT_NAMES) {
    const content = packet.scripts[script];
    if (content) scripts[script] = (await buffer(file.open(content.digest))).toString("base64");
  }
  const request = { name, tags: [...tags], scripts, conffiles: [...conffiles], policy, setid };
  const archive = await archiveOf(packet, file);
  const { packet: added } = await sendPacket(context.connect(), archive, request, context);
  if (added.digest === packet.digest) return added;
  throw new JamesError("DIGEST_MISMATCH", `the server made another packet of ${name} [${tags.join(", ")}]`, {
    hint: "Its version may differ from that of the server that the file is from.",
  });
}

/** A packet's files as a tar, which is made anew each time it is read: the same bytes each time. */
async function archiveOf({ name, tags, manifest }: Packet, { open }: ExportFile): Promise<Sendable> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of writeArchive(manifest, open)) {
    hash.update(chunk);
    size += chunk.length;
  }
  const from = (offset: number): Readable =>
    Readable.from(behind(writeArchive(manifest, open), offset), { objectMode: false });
  return { path: `${name} [${tags.join(", ")}]`, size, digest: hash.digest("hex"), open: from };
}

async function* behind(content: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let skip = offset;
  for await (const chunk of content) {
    const wanted = chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
    if (wanted.length > 0) yield wanted;
  }
}
