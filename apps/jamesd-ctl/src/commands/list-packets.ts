import { defineCommand } from "../cli/command.ts";
import { packetTable, packetView } from "../views/packet-view.ts";
import { listChosen, PACKET_FILTER } from "./packet-flags.ts";

/** Lists packets, newest first. */
export const listPackets = defineCommand({
  name: "list-packets",
  aliases: [],
  summary: "list the packets, newest first",
  options: PACKET_FILTER,
  defaultFormat: "table",
  async handler(flags, { connect, signal }) {
    const packets = await listChosen(connect(), flags, signal);
    return { data: packets.map(packetView), table: packetTable(packets) };
  },
});
