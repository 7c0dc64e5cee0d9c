import type { Digest, DocumentVersion } from "@jamesd/model";
import type { OwnVersion } from "./resolver.ts";
import type { TagSet } from "./tag-sets.ts";

/** A rollout that counts for what devices should have: a live one, or one that a live one took the place of. */
export interface Layer {
  /** That it spreads. */
  readonly revision: number;
  /** Rollouts whose place it took. */
  readonly supersedes: readonly number[];
  /** What its revision says. */
  readonly versions: readonly DocumentVersion[];
  /** By the id of each device that its revision says something to by name, what was said last before; undefined: nothing ever was. */
  readonly before: ReadonlyMap<string, OwnVersion | undefined>;
  /** Of one that spreads a packet, which only who is admitted finds. */
  readonly packet: Digest | undefined;
  /** True of a device that one of its open waves has. */
  readonly admits: (device: { readonly id: string; readonly tagSet: TagSet }) => boolean;
}
