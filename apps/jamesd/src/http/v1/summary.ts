import type { Summary as WireSummary } from "@jamesd/protocol";
import type { Summary } from "../../fleet/summaries.ts";

/** So many tags and packets are told of. */
const MOST = 200;

/** A summary on the wire; what is the same is the same text. */
export function wireSummary({ tags, packets, certificates: _, ...counts }: Summary): WireSummary {
  const allTags = [...tags].map(([tag, devices]) => ({ tag, devices }));
  const allPackets = [...packets.values()].map(({ name, tags, digest, devices }) => ({
    ...{ name, tags: [...tags], digest, devices },
  }));
  return {
    ...{ ...counts, sync: { ...counts.sync } },
    tags: mostFrequent(allTags, ({ tag }) => tag),
    moreTags: Math.max(0, allTags.length - MOST),
    packets: mostFrequent(allPackets, ({ name, digest }) => `${name} ${digest}`),
    morePackets: Math.max(0, allPackets.length - MOST),
  };
}

/** The first of all by frequency, then by name. Of a hundred thousand tags that are each one device's not all are sorted. */
function mostFrequent<T extends { readonly devices: number }>(
  all: readonly T[],
  nameOf: (one: T) => string,
): T[] {
  const isBefore = (a: T, b: T): boolean =>
    a.devices > b.devices || (a.devices === b.devices && nameOf(a) < nameOf(b));
  const first: T[] = [];
  for (const one of all) {
    const last = first.at(-1);
    if (first.length === MOST && last && !isBefore(one, last)) continue;
    const place = first.findIndex((other) => isBefore(one, other));
    first.splice(place === -1 ? first.length : place, 0, one);
    first.splice(MOST);
  }
  return first;
}
