import { flag } from "@jamesd/config";
import { packetLabel } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { checkQuery, findPacket, type PacketQuery } from "../packets/find-packet.ts";
import { PACKET_FLAGS } from "./packet-flags.ts";

/** Deletes a packet from the server. */
export const removePacket = defineCommand({
  name: "remove-packet",
  aliases: ["delete-packet"],
  summary: "delete a packet from the server",
  options: {
    ...PACKET_FLAGS,
    force: flag({ help: "even when a desired state or a device needs it" }),
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ force, yes, name, tags, digest }, context) {
    const { connect, signal } = context;
    const query: PacketQuery = { name, tags, digest };
    checkQuery(query);
    const client = connect();
    const packet = await findPacket(client, query, { loose: false, signal });
    const impact = await client.call("getImpact", { query: { remove: packet.digest }, signal });
    // Without --force the server refuses what devices need.
    if (force)
      await confirmImpact({ ...impact, gone: [packetLabel(packet)] }, "removing this packet", yes, context);
    await client.call("removePacket", {
      params: { digest: packet.digest },
      query: { force: force ? "true" : undefined },
      signal,
    });
    return { data: { name: packet.name, tags: packet.tags, digest: packet.digest, removed: true } };
  },
});
