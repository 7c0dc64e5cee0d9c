import { counted, JamesError, packetLabel, type Tag } from "@jamesd/model";
import type { Client, PacketInfo } from "@jamesd/protocol";
import type { Context, Result } from "../cli/command.ts";
import { confirmImpact } from "../cli/confirm.ts";
import { meaningOfDevices } from "../cli/meaning.ts";
import { packetTable, packetView } from "../views/packet-view.ts";

/** Which packets are to go. */
export interface OldPackets {
  /** Uploaded before this; milliseconds since the epoch. */
  readonly before: number;
  readonly name: string | undefined;
  readonly tags: readonly Tag[] | undefined;
  /** Only say which they are. */
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/**
 * Deletes the old packets that nothing needs. One that is needed by the time that its turn comes stays.
 * @throws JamesError CANCELLED, CONFIRMATION_NEEDED
 */
export async function removeOldPackets(client: Client, old: OldPackets, context: Context): Promise<Result> {
  const query = { name: old.name, tags: old.tags?.join(",") || undefined, unneeded: "true" };
  const unneeded = await client.call("listPackets", { query, signal: context.signal });
  const found = unneeded.filter(({ uploaded }) => uploaded < old.before);
  if (old.dryRun) return resultOf(found, true);
  const gone = found.map(packetLabel);
  const meaning = { ...meaningOfDevices([]), gone, isNamed: false };
  const what = `removing ${counted(found.length, "packet")}`;
  await confirmImpact(meaning, what, old.yes, context);
  const removed: PacketInfo[] = [];
  for (const packet of found) if (await remove(client, packet, context.signal)) removed.push(packet);
  return resultOf(removed, false);
}

/** @returns false when it is gone already, or is needed by now */
async function remove(client: Client, { digest }: PacketInfo, signal: AbortSignal): Promise<boolean> {
  try {
    await client.call("removePacket", { params: { digest }, signal });
    return true;
  } catch (thrown) {
    const { code } = JamesError.from(thrown);
    if (code === "PACKET_IN_USE" || code === "PACKET_UNKNOWN") return false;
    throw thrown;
  }
}

function resultOf(packets: readonly PacketInfo[], isDry: boolean): Result {
  return {
    data: { ...(isDry && { dryRun: true }), removed: packets.length, packets: packets.map(packetView) },
    table: packetTable(packets),
  };
}
