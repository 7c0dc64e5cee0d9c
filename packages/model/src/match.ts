import type { PacketSummary } from "./packet.ts";
import type { App } from "./state.ts";
import { sortedTags, type Tag } from "./tag.ts";

/** A packet considered for an app, and why it does not fulfil it: no tag missing means that it does. */
export interface Candidate {
  readonly packet: PacketSummary;
  readonly missing: readonly Tag[];
}

/** The seed's combined list: the wish's tags and the device's. */
export function combinedTags(app: App, systemtags: readonly Tag[]): ReadonlySet<Tag> {
  return new Set([...app.tags, ...systemtags]);
}

/** The packet's tags that the combined list lacks, sorted; empty when the packet fulfils. */
export function missingTags(packet: PacketSummary, combined: ReadonlySet<Tag>): readonly Tag[] {
  return sortedTags(packet.tags.filter((tag) => !combined.has(tag)));
}

/**
 * The packet for an app on a device: of those of the app's name whose every tag is in the combined list, the one with
 * the most tags; of equals, the newest upload. `named` may hold packets of other names; they are passed over.
 */
export function matchPacket(
  app: App,
  systemtags: readonly Tag[],
  named: Iterable<PacketSummary>,
): PacketSummary | undefined {
  const combined = combinedTags(app, systemtags);
  let best: PacketSummary | undefined;
  for (const packet of named) {
    if (packet.name !== app.name || !packet.tags.every((tag) => combined.has(tag))) continue;
    if (best === undefined || isBetter(packet, best)) best = packet;
  }
  return best;
}

/** Every packet of the app's name with the tags it lacks: fulfilling ones first, best first, then the nearest misses. */
export function explainMatch(
  app: App,
  systemtags: readonly Tag[],
  named: Iterable<PacketSummary>,
): readonly Candidate[] {
  const combined = combinedTags(app, systemtags);
  return [...named]
    .filter((packet) => packet.name === app.name)
    .map((packet) => ({ packet, missing: missingTags(packet, combined) }))
    .sort((a, b) => a.missing.length - b.missing.length || (isBetter(a.packet, b.packet) ? -1 : 1));
}

function isBetter(a: PacketSummary, b: PacketSummary): boolean {
  return a.tags.length !== b.tags.length ? a.tags.length > b.tags.length : a.sequence > b.sequence;
}
