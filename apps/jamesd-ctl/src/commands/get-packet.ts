import { Readable } from "node:stream";
import { flag, text } from "@jamesd/config";
import type { Client, PacketInfo } from "@jamesd/protocol";
import { type Context, defineCommand } from "../cli/command.ts";
import { checkTarget, writeNewFile } from "../files/new-file.ts";
import { checkArchive } from "../packets/check-archive.ts";
import { checkQuery, fetchPacket, findPacket, type PacketQuery } from "../packets/find-packet.ts";
import { checkScriptFolder, type ScriptFolder, writeScripts } from "../packets/script-files.ts";
import { entryTable, packetDetailView, packetView } from "../views/packet-view.ts";
import { PACKET_FLAGS } from "./packet-flags.ts";

/** Shows a packet, or writes its files as a tar and its scripts as files. */
export const getPacket = defineCommand({
  name: "get-packet",
  aliases: [],
  summary: "show a packet and its entries; with --output FILE, write its files as a tar",
  options: {
    ...PACKET_FLAGS,
    scripts: text({ value: "DIR", help: "write its scripts into this folder, as files of their names" }),
    force: flag({ help: "overwrite the files of --output and --scripts" }),
  },
  defaultFormat: "yaml",
  outputsFile: true,
  async handler({ force, scripts, name, tags, digest }, context) {
    const query: PacketQuery = { name, tags, digest };
    checkQuery(query);
    const { file, signal } = context;
    if (file !== undefined) checkTarget(file, force);
    const client = context.connect();
    const info = await findPacket(client, query, { loose: true, signal });
    if (file === undefined && scripts === undefined) {
      const packet = await fetchPacket(client, info.digest, context.signal);
      return { data: packetDetailView(packet, info), table: entryTable(packet) };
    }
    const saved = packetView(info);
    return {
      data: {
        name: saved.name,
        tags: saved.tags,
        digest: saved.digest,
        ...(scripts !== undefined && {
          scripts: await saveScripts(client, info, { folder: scripts, force }, context),
        }),
        ...(file !== undefined && (await save(client, info, file, force, context))),
      },
    };
  },
});

async function saveScripts(client: Client, info: PacketInfo, to: ScriptFolder, context: Context) {
  const packet = await fetchPacket(client, info.digest, context.signal);
  checkScriptFolder(packet, to);
  return await writeScripts(client, packet, to, context.signal);
}

async function save(
  client: Client,
  { digest }: PacketInfo,
  file: string,
  force: boolean,
  { signal }: Context,
) {
  const packet = await fetchPacket(client, digest, signal);
  const content = await client.download("getArchive", { params: { digest }, signal });
  const check = (written: string): Promise<void> => checkArchive(written, packet);
  const bytes = await writeNewFile(Readable.from(content), file, { force, server: "the server", check });
  return { file, bytes };
}
