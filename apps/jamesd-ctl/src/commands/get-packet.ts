import { flag, text } from "@jamesd/config";
import type { Packet } from "@jamesd/model";
import type { Client, PacketInfo } from "@jamesd/protocol";
import { checkTarget, writeArchive } from "../archive-file.ts";
import { type Context, defineCommand } from "../command.ts";
import { checkQuery, findPacket, type PacketQuery } from "../find-packet.ts";
import { packetDetailView, packetView } from "../packet-view.ts";
import { writeScripts } from "../script-files.ts";
import { PACKET_FLAGS } from "./packet-flags.ts";

/** Shows a packet, or writes its files as a tar. */
export const getPacket = defineCommand({
  name: "get-packet",
  aliases: [],
  summary:
    "show a packet and its entries; with --output FILE, write its files as a tar; with --scripts DIR, its scripts",
  options: {
    ...PACKET_FLAGS,
    scripts: text({ value: "DIR", help: "write its scripts into this folder, under their names" }),
    force: flag({ help: "overwrite files that are there" }),
  },
  defaultFormat: "yaml",
  outputsFile: true,
  async handler({ force, name, tags, digest, scripts }, context) {
    const query: PacketQuery = { name, tags, digest };
    checkQuery(query);
    const { file, signal } = context;
    if (file !== undefined) checkTarget(file, force);
    const client = context.connect();
    const info = await findPacket(client, query, { loose: true, signal });
    const written =
      scripts === undefined ? undefined : await saveScripts(client, info, scripts, force, context);
    if (file !== undefined)
      return { data: { ...(await save(client, info, file, force, context)), ...written } };
    return { data: written ?? packetDetailView(await fetchPacket(client, info, context), info) };
  },
});

function fetchPacket(client: Client, { digest }: PacketInfo, { signal }: Context): Promise<Packet> {
  return client.call("getPacket", { params: { digest }, signal }) as Promise<Packet>;
}

async function save(client: Client, info: PacketInfo, file: string, force: boolean, { signal }: Context) {
  const content = await client.download("getArchive", { params: { digest: info.digest }, signal });
  const bytes = await writeArchive(content, file, { force, server: "the server" });
  const { name, tags, digest } = packetView(info);
  return { name, tags, digest, file, bytes };
}

async function saveScripts(
  client: Client,
  info: PacketInfo,
  folder: string,
  force: boolean,
  context: Context,
) {
  const packet = await fetchPacket(client, info, context);
  return { scripts: await writeScripts(client, packet, folder, { force, signal: context.signal }) };
}
