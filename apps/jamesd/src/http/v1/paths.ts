import type * as wire from "@jamesd/protocol";
import type { PathOwner, PathPage } from "../../packets/path-search.ts";
import type { Answer } from "./answer.ts";

/** Packets that have a path. */
export function wirePathPage({ found, after }: PathPage): Answer<wire.PathPage> {
  return { found: found.map(wireOwner), ...(after !== undefined && { after }) };
}

function wireOwner({ packet: { digest, name, tags }, entry, devices, ids }: PathOwner) {
  return { digest, name, tags, entry, devices, ids };
}
