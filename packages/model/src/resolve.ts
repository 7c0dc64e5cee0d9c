import { type Candidate, explainMatch, matchPacket } from "./match.ts";
import type { PacketSummary } from "./packet.ts";
import type { App, InstalledApp } from "./state.ts";
import type { Tag } from "./tag.ts";

/** The packets of one name; the index that keeps matching independent of the size of the catalogue. */
export type PacketsNamed = (name: string) => Iterable<PacketSummary>;

/** A wish that no packet fulfils, with the nearest candidates first. */
export interface Unfulfilled<A extends App = App> {
  readonly app: A;
  /** Of the device. */
  readonly systemtags: readonly Tag[];
  readonly candidates: readonly Candidate[];
}

/** What a device should have, as packets; `unfulfilled` is empty when every wish has one. */
export interface Resolution<A extends App = App> {
  readonly apps: readonly InstalledApp[];
  readonly unfulfilled: readonly Unfulfilled<A>[];
  /** Those of the packets that need features of the agent. */
  readonly demanding: readonly PacketSummary[];
}

/** Finds the packet for each wish on a device with these system tags. */
export function resolveApps<A extends App>(
  wishes: readonly A[],
  systemtags: readonly Tag[],
  packetsNamed: PacketsNamed,
): Resolution<A> {
  const apps: InstalledApp[] = [];
  const unfulfilled: Unfulfilled<A>[] = [];
  const demanding: PacketSummary[] = [];
  for (const app of wishes) {
    const packet = matchPacket(app, systemtags, packetsNamed(app.name));
    if (packet?.features) demanding.push(packet);
    if (packet) apps.push({ name: app.name, tags: app.tags, digest: packet.digest });
    else {
      const candidates = explainMatch(app, systemtags, packetsNamed(app.name));
      unfulfilled.push({ app, systemtags, candidates });
    }
  }
  return { apps, unfulfilled, demanding };
}
