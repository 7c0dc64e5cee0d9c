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

function mostFrequent<T extends { readonly devices: number }>(all: T[], nameOf: (one: T) => string): T[] {
  return all.sort((a, b) => b.devices - a.devices || (nameOf(a) < nameOf(b) ? -1 : 1)).slice(0, MOST);
}
