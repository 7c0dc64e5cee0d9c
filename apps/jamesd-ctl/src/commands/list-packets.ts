import { parsed } from "@jamesd/config";
import { parseName } from "@jamesd/model";
import { defineCommand } from "../command.ts";
import { tagList } from "../flags.ts";
import { packetTable, packetView } from "../packet-view.ts";

/** Lists packets, newest first. */
export const listPackets = defineCommand({
  name: "list-packets",
  aliases: [],
  summary: "list the packets, newest first",
  options: {
    name: parsed({ value: "NAME", help: "only packets of this name", parse: parseName }),
    tags: tagList({ help: "only packets that have all these tags" }),
  },
  defaultFormat: "table",
  async handler({ name, tags }, { connect, signal }) {
    const packets = await connect().call("listPackets", {
      query: { name, tags: tags?.join(",") || undefined },
      signal,
    });
    return { data: packets.map(packetView), table: packetTable(packets) };
  },
});
