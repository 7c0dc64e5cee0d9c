import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "@jamesd/model";
import { type Layout, PART, USED } from "../disk/layout.ts";

/** What the names in the folder of fetched files begin with: a digest in hexadecimal. */
const DIGEST_LENGTH = 64;

/**
 * Makes parts of everything that an earlier process fetched, so that it is hashed again before use: blobs are synced
 * only when they are staged, and a power cut may have spoiled them.
 */
export function distrustFetched({ fetched }: Layout): void {
  for (const name of readdirSync(fetched))
    if (!name.endsWith(PART) && !name.endsWith(USED))
      renameSync(join(fetched, name), join(fetched, name + PART));
}

/** Deletes what was fetched and can be fetched again. */
export function forgetFetched(layout: Layout): void {
  forgetWhere(layout, () => true);
}

/** Deletes what was fetched for something else than what these digests name: contents, deltas, packets of bundles. */
export function keepFetched(layout: Layout, digests: ReadonlySet<Digest>): void {
  forgetWhere(layout, (name) => !digests.has(name.slice(0, DIGEST_LENGTH)));
}

/** Deletes what was staged once: everything that is wanted is there anew. */
export function forgetUsed(layout: Layout): void {
  forgetWhere(layout, (name) => name.endsWith(USED));
}

/** Takes back what was staged, when nobody but the agent can have seen it: the staging folder is gone, and nothing was switched. */
export function reclaim({ fetched }: Layout): void {
  for (const name of readdirSync(fetched))
    if (name.endsWith(USED)) renameSync(join(fetched, name), join(fetched, name.slice(0, -USED.length)));
}

function forgetWhere({ fetched }: Layout, isForgotten: (name: string) => boolean): void {
  for (const name of readdirSync(fetched))
    if (isForgotten(name)) rmSync(join(fetched, name), { force: true });
}
