import { writeMembers } from "@jamesd/archive/write";
import { flag } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { Client, PacketInfo } from "@jamesd/protocol";
import { type Context, defineCommand } from "../cli/command.ts";
import { withProgress } from "../cli/progress.ts";
import { type ExportSource, exportMembers } from "../export-file/members.ts";
import { checkTarget, writeNewFile } from "../files/new-file.ts";
import { fetchPacket } from "../packets/find-packet.ts";
import { listChosen, PACKET_FILTER } from "./packet-flags.ts";

/** Writes packets, with all that belongs to them, into one file. */
export const exportPackets = defineCommand({
  name: "export",
  aliases: [],
  summary: "write packets into the file of --output, to be imported elsewhere",
  options: { ...PACKET_FILTER, force: flag({ help: "overwrite the file of --output" }) },
  defaultFormat: "yaml",
  outputsFile: true,
  async handler({ force, ...filter }, context) {
    const { file, signal } = context;
    if (file === undefined)
      throw new JamesError("USAGE", "export needs --output FILE", {
        hint: "Such as --output packets.tar; a file that is called yaml is ./yaml.",
      });
    checkTarget(file, force);
    const client = context.connect();
    const packets = (await listChosen(client, filter, signal)).toSorted((a, b) => a.sequence - b.sequence);
    if (packets.length === 0)
      throw new JamesError("PACKET_UNKNOWN", "there is no packet to export", {
        hint: "See jamesd-ctl list-packets.",
      });
    const bytes = await save(client, packets, { file, force }, context);
    return {
      data: { file, bytes, packets: packets.map(({ name, tags, digest }) => ({ name, tags, digest })) },
    };
  },
});

async function save(
  client: Client,
  packets: readonly PacketInfo[],
  { file, force }: { readonly file: string; readonly force: boolean },
  { isTerminal, signal }: Context,
): Promise<number> {
  // What several packets have in common is written once, so that the bar may end early.
  const total = packets.reduce((sum, { size }) => sum + size, 0);
  return await withProgress("export", total, isTerminal, async (update) => {
    const source = serverSource(client, update, signal);
    const made = new Date();
    const content = writeMembers(exportMembers(packets, source, made), made);
    return await writeNewFile(content, file, { force, server: "the server" });
  });
}

function serverSource(client: Client, onBytes: (bytes: number) => void, signal: AbortSignal): ExportSource {
  let bytes = 0;
  return {
    packet: (digest) => fetchPacket(client, digest, signal),
    async *blob({ digest }) {
      const content = await client.download("getBlob", { params: { digest }, signal });
      for await (const chunk of content as AsyncIterable<Uint8Array>) {
        yield chunk;
        bytes += chunk.length;
        onBytes(bytes);
      }
    },
  };
}
