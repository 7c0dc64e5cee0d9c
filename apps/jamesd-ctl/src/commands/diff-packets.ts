import { parsed, positional } from "@jamesd/config";
import { comparePackets } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { differenceCode, EXIT_CODE_FLAG } from "../cli/exit-code.ts";
import { fetchPacket, findNamed, parsePacketWord } from "../packets/find-packet.ts";
import { differenceData, differenceLines } from "../views/packet-difference.ts";

/** Prints what differs between two packets. */
export const diffPackets = defineCommand({
  name: "diff-packets",
  aliases: [],
  summary: "print what differs between two packets: tags, scripts, files with modes, owners and sizes",
  options: {
    before: packetWord("BEFORE", "a packet: NAME, NAME=TAG,TAG, or the first digits of its digest"),
    after: packetWord("AFTER", "the packet that it is compared with"),
    ...EXIT_CODE_FLAG,
  },
  defaultFormat: "table",
  async handler({ before, after, exitCode }, { connect, signal }) {
    const client = connect();
    const [one, other] = [await findNamed(client, before, signal), await findNamed(client, after, signal)];
    const found = comparePackets(
      await fetchPacket(client, one.digest, signal),
      await fetchPacket(client, other.digest, signal),
    );
    const differs = found.fields.length + found.entries.length > 0;
    return {
      data: { before: one.digest, after: other.digest, ...differenceData(found) },
      table: differenceLines(found),
      exitCode: differenceCode(exitCode, differs),
    };
  },
});

function packetWord(value: string, help: string) {
  return positional(parsed({ value, help, parse: parsePacketWord }));
}
