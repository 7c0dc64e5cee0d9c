import type { Feed } from "../repository/feed.ts";
import type { Repository } from "../repository/repository.ts";
import type { Rollout } from "../repository/rollout-store.ts";
import { Documents } from "./documents.ts";
import type { Layer } from "./layer.ts";
import { readLayers } from "./read-layers.ts";

/** What documents say to whom. */
export interface Said {
  /** What they say without what the layers say. */
  readonly base: Documents;
  /** Those that count, by revision, and what each says. */
  readonly rollouts: readonly Rollout[];
  readonly layers: readonly Layer[];
}

/** Reads what counts now; to be called within `readAtOnce`. */
export async function readSaid({
  documents,
  revisions,
  rollouts: store,
}: Pick<Repository, "documents" | "revisions" | "rollouts">): Promise<Said> {
  const rollouts = await store.counting();
  const except = new Set(rollouts.map(({ revision }) => revision));
  const specs = await documents.specs(except);
  const base = Documents.of(specs, await documents.touches(except), await revisions.newest());
  return { base, rollouts, layers: await readLayers(rollouts, { documents, known: [], read: [] }) };
}

/**
 * Reads until nobody changed something meanwhile, and says at which position of the feed that is: what a rollout spread that
 * is over would be for everybody as long as what took its place is not there.
 */
export async function readAtOnce<T>(
  feed: Pick<Feed, "head">,
  read: () => Promise<T>,
): Promise<{ readonly position: number; readonly read: T }> {
  for (;;) {
    const position = await feed.head();
    const found = await read();
    if ((await feed.head()) === position) return { position, read: found };
  }
}
