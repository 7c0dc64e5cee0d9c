import { type Content, contentSize, type Digest, type InstalledApp, packetContents } from "@jamesd/model";
import type { PacketCache } from "../packets/packet-cache.ts";

type Contents = ReadonlyMap<Digest, Content>;

/** How many bytes a device with one set of packets lacks of another: at the most, since a delta may do. */
export async function bytesToFetch(
  installed: readonly InstalledApp[],
  wanted: readonly InstalledApp[],
  packets: PacketCache,
): Promise<number> {
  const [held, needed] = [await contentsOf(installed, packets), await contentsOf(wanted, packets)];
  return contentSize([...needed.values()].filter(({ digest }) => !held.has(digest)));
}

// A packet that was deleted may still be installed: then nothing is known of what it holds.
async function contentsOf(apps: readonly InstalledApp[], packets: PacketCache): Promise<Contents> {
  const found = await Promise.all(apps.map(({ digest }) => packets.get(digest)));
  return new Map(found.flatMap((packet) => (packet ? [...packetContents(packet)] : [])));
}
