import type { Digest, DocumentVersion } from "@jamesd/model";
import type { OwnVersion } from "./resolver.ts";
import type { TagSet } from "./tag-sets.ts";

/** A rollout that counts for what devices should have: a live one, or one that a live one took the place of. */
export interface Layer {
  /** That it spreads. */
  readonly revision: number;
  /** Rollouts whose place it took. */
  readonly supersedes: readonly number[];
  /** What its revision says of specs. */
  readonly versions: readonly DocumentVersion[];
  /** By the id of each device that its revision says something to by name, what was said last before; undefined: nothing ever was. */
  readonly before: ReadonlyMap<string, OwnVersion | undefined>;
  /** Of one that spreads a packet, which only who is admitted finds. */
  readonly packet: Digest | undefined;
  /** True of a device that one of its open waves has. */
  readonly admits: (device: { readonly id: string; readonly tagSet: TagSet }) => boolean;
}

/** The devices that layers say something to by name, or said: what they have of their own may be away in the newest view alone. */
export function ownersIn(layers: readonly Layer[]): readonly string[] {
  return layers.flatMap(({ before }) => [...before.keys()]);
}
