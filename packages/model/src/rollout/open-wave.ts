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
  /** Who comes later is in it by rank below this one, from 0 to 1. */
  readonly share: number;
}

/** What an opened wave is chosen from. */
export interface Choice {
  /** All that the rollout is for, admitted ones as well. */
  readonly population: readonly RolloutDevice[];
  /** Ids in waves that were opened before. */
  readonly admitted: ReadonlySet<string>;
  readonly seed: number;
}

/** The devices that a wave admits, in whichever order the population comes: by rank, those asleep last. */
export function openWave(wave: Wave, { population, admitted, seed }: Choice): OpenedWave {
  const free = population.filter(({ id }) => !admitted.has(id));
  const ids = chosen(wave, free, population.length, seed).map(({ id }) => id);
  return {
    wave,
    ids: ids.sort(),
    share: shareOf(wave, population.length - free.length + ids.length, population.length),
  };
}

function chosen(
  wave: Wave,
  free: readonly RolloutDevice[],
  population: number,
  seed: number,
): readonly RolloutDevice[] {
  if ("tag" in wave) return free.filter(({ tags }) => tags.has(wave.tag));
  const before = population - free.length;
  const count = "devices" in wave ? wave.devices : Math.ceil((population * wave.percent) / 100) - before;
  if (count >= free.length) return free;
  return inTurn(free, seed).slice(0, Math.max(0, count));
}

function inTurn(devices: readonly RolloutDevice[], seed: number): readonly RolloutDevice[] {
  return devices
    .map((device) => ({ device, rank: rankOf(seed, device.id) }))
    .sort((a, b) => Number(a.device.isAsleep) - Number(b.device.isAsleep) || a.rank - b.rank)
    .map(({ device }) => device);
}

function shareOf(wave: Wave, admitted: number, population: number): number {
  if ("tag" in wave) return 0;
  return population === 0 ? Number("percent" in wave && wave.percent === 100) : admitted / population;
}

/** The index of the first opened wave that a device belongs to which no wave was opened for; undefined: it waits. */
export function waveOfNewcomer(
  opened: readonly Pick<OpenedWave, "wave" | "share">[],
  { id, tags }: Pick<RolloutDevice, "id" | "tags">,
  seed: number,
): number | undefined {
  const rank = rankOf(seed, id);
  const index = opened.findIndex(({ wave, share }) => ("tag" in wave ? tags.has(wave.tag) : rank < share));
  return index === -1 ? undefined : index;
}
