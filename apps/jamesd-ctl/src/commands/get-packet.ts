import { flag } from "@jamesd/config";
import type { Packet } from "@jamesd/model";
import type { Client, PacketInfo } from "@jamesd/protocol";
import { checkTarget, writeArchive } from "../archive-file.ts";
import { type Context, defineCommand } from "../command.ts";
import { checkQuery, findPacket, type PacketQuery } from "../find-packet.ts";
import { packetDetailView, packetView } from "../packet-view.ts";
import { PACKET_FLAGS } from "./packet-flags.ts";

/** Shows a packet, or writes its files as a tar. */
export const getPacket = defineCommand({
  name: "get-packet",
  aliases: [],
  summary: "show a packet and its entries; with --output FILE, write its files as a tar",
  options: { ...PACKET_FLAGS, force: flag({ help: "overwrite the file of --output" }) },
  defaultFormat: "yaml",
  outputsFile: true,
  async handler({ force, name, tags, digest }, context) {
    const query: PacketQuery = { name, tags, digest };
    checkQuery(query);
    if (context.file !== undefined) checkTarget(context.file, force);
    const client = context.connect();
    const info = await findPacket(client, query, { loose: true, signal: context.signal });
    if (context.file !== undefined) return { data: await save(client, info, context.file, force, context) };
    return { data: packetDetailView(await fetchPacket(client, info, context), info) };
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
