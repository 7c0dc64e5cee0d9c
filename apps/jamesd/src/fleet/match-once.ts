import { type App, type Digest, matchPacket, type PacketSummary } from "@jamesd/model";
import type { TagSet } from "./tag-sets.ts";

/** Finds the packet for a wish on devices with certain tags, among packets of its name: once for all devices that have the same tags. */
export type MatchOnce = (wish: App, tagSet: TagSet) => Digest | undefined;

/** Makes that of the packets of a name. */
export function matchOnce(packets: readonly PacketSummary[]): MatchOnce {
  const found = new Map<TagSet, Map<string, Digest | undefined>>();
  return (wish, tagSet) => {
    const known = found.get(tagSet) ?? new Map<string, Digest | undefined>();
    found.set(tagSet, known);
    const key = wish.tags.join();
    if (!known.has(key)) known.set(key, matchPacket(wish, tagSet.tags, packets)?.digest);
    return known.get(key);
  };
}
