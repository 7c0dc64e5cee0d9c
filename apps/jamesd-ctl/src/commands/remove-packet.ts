import { flag } from "@jamesd/config";
import { JamesError, packetLabel, parseName } from "@jamesd/model";
import { type Context, defineCommand, type Result } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { checkQuery, findPacket, type PacketQuery } from "../packets/find-packet.ts";
import { removeOldPackets } from "../packets/remove-old.ts";
import { AT_ONCE_FLAG } from "./at-once-flag.ts";
import { PACKET_FLAGS } from "./packet-flags.ts";
import { timeFlag } from "./point-flags.ts";

/** Deletes a packet from the server. */
export const removePacket = defineCommand({
  name: "remove-packet",
  aliases: ["delete-packet"],
  summary: "delete a packet from the server, or old ones that nothing needs",
  options: {
    ...PACKET_FLAGS,
    force: flag({ help: "even when a desired state or a device needs it" }),
    olderThan: timeFlag(
      "every packet uploaded before: 90d, or a time as 2026-01-31T12:00:00Z, of those that nothing needs, and that have --name and --tags where they are given",
    ),
    dryRun: flag({ help: "with --older-than: only print which they are" }),
    ...AT_ONCE_FLAG,
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ olderThan, dryRun, ...flags }, context) {
    if (olderThan === undefined && !dryRun) return removeOne(flags, context);
    const { force, digest, name, tags, yes } = flags;
    if (olderThan === undefined)
      throw new JamesError("USAGE", "--dry-run goes with --older-than", {
        hint: "Leave it out, or give both.",
      });
    if (force || digest !== undefined)
      throw new JamesError("USAGE", `--older-than is given with ${force ? "--force" : "--digest"}`, {
        hint: "--older-than is for packets that nothing needs; name a single one without it.",
      });
    if (name !== undefined) parseName(name);
    return removeOldPackets(context.connect(), { before: olderThan, name, tags, dryRun, yes }, context);
  },
});

/** @throws JamesError PACKET_UNKNOWN, PACKET_AMBIGUOUS, PACKET_IN_USE, CANCELLED, CONFIRMATION_NEEDED */
async function removeOne(
  { force, now, yes, ...query }: PacketQuery & Readonly<Record<"force" | "now" | "yes", boolean>>,
  context: Context,
): Promise<Result> {
  const { connect, signal } = context;
  checkQuery(query);
  const client = connect();
  const packet = await findPacket(client, query, { loose: false, signal });
  const impact = await client.call("getImpact", { query: { remove: packet.digest }, signal });
  // Without --force the server refuses what devices need.
  if (force)
    await confirmImpact({ ...impact, gone: [packetLabel(packet)] }, "removing this packet", yes, context);
  await client.call("removePacket", {
    params: { digest: packet.digest },
    query: { force: force ? "true" : undefined, now: now ? "true" : undefined },
    signal,
  });
  return { data: { name: packet.name, tags: packet.tags, digest: packet.digest, removed: true } };
}
