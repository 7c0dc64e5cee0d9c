import { isAmong } from "../sorted.ts";
import type { Tag } from "../tag.ts";
import { rankOf } from "./rank.ts";
import type { Wave } from "./waves.ts";

/** A device that a rollout is for. */
export interface RolloutDevice {
  readonly id: string;
  readonly tags: ReadonlySet<Tag>;
  /** Not heard of for so long that others come first. */
  readonly isAsleep: boolean;
}

/** What an opened wave admits. */
export interface OpenedWave {
  readonly wave: Wave;
  /** Those that it was opened for, sorted: whatever happens to their tags later, they stay in it. */
  readonly ids: readonly string[];
  /** Those that it left to waves after it, and no wave before it did, sorted: whatever happens to their tags, they wait. */
  readonly later: readonly string[];
  /** Who comes later is in it by rank below this one, from 0 to 1; 0 of those with a tag, which are for who was there. */
  readonly share: number;
}

/**
 * The index of the first opened wave that a device belongs to which was not there when they were opened; undefined: it
 * waits. By rank alone, which it keeps: tags that it loses again would have it go back.
 */
export function waveOfNewcomer(
  opened: readonly Pick<OpenedWave, "share">[],
  id: string,
  seed: number,
): number | undefined {
  if (opened.length === 0) return undefined;
  const rank = rankOf(seed, id);
  const index = opened.findIndex(({ share }) => rank < share);
  return index === -1 ? undefined : index;
}

/** True of a device that one of the opened waves has: one that was opened for it, or, where it came later, one that it belongs to. */
export function isAdmitted(opened: readonly OpenedWave[], id: string, seed: number): boolean {
  if (opened.some(({ ids }) => isAmong(ids, id))) return true;
  if (opened.some(({ later }) => isAmong(later, id))) return false;
  return waveOfNewcomer(opened, id, seed) !== undefined;
}
