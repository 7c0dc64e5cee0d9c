import { type OpenedWave, type RolloutDevice, waveOfNewcomer } from "./opened-wave.ts";
import { rankOf } from "./rank.ts";
import { addedBy, type Wave } from "./waves.ts";

/** What an opened wave is chosen from. */
export interface Choice {
  /** All that the rollout is for, admitted ones as well. */
  readonly population: readonly RolloutDevice[];
  /** The waves before it. */
  readonly opened: readonly OpenedWave[];
  readonly seed: number;
}

/**
 * The devices that a wave admits, in whichever order the population comes: by rank, those asleep last. Who came since the
 * wave before was opened, and belongs to one of those, is taken in with them, so that it stays admitted.
 */
export function openWave(wave: Wave, { population, opened, seed }: Choice): OpenedWave {
  const admitted = new Set(opened.flatMap(({ ids }) => ids));
  const known = new Set(opened.flatMap(({ later }) => later));
  const others = population.filter(({ id }) => !admitted.has(id));
  const isIn = (device: RolloutDevice): boolean =>
    !known.has(device.id) && waveOfNewcomer(opened, device.id, seed) !== undefined;
  const newcomers = opened.length === 0 ? [] : others.filter(isIn);
  const coming = new Set(newcomers);
  const free = coming.size === 0 ? others : others.filter((device) => !coming.has(device));
  const ids = new Set([...chosen(wave, free, population.length, seed), ...newcomers].map(({ id }) => id));
  return {
    wave,
    ids: [...ids].sort(),
    later: free.flatMap(({ id }) => (ids.has(id) || known.has(id) ? [] : [id])).sort(),
    share: shareOf(wave, population.length - others.length + ids.size, population.length),
  };
}

function chosen(
  wave: Wave,
  free: readonly RolloutDevice[],
  population: number,
  seed: number,
): readonly RolloutDevice[] {
  if ("tag" in wave) return free.filter(({ tags }) => tags.has(wave.tag));
  const count = addedBy(wave, population - free.length, population);
  return count >= free.length ? free : firstOf(free, Math.max(0, count), seed);
}

/** Those whose turn is first, in the order in which they came: of a whole fleet only the numbers are sorted. */
function firstOf(devices: readonly RolloutDevice[], count: number, seed: number): readonly RolloutDevice[] {
  const turns = Float64Array.from(devices, ({ id, isAsleep }) => rankOf(seed, id) + Number(isAsleep));
  const last = turns.toSorted()[count - 1] ?? -1;
  return devices.filter((_, i) => (turns[i] ?? 0) <= last).slice(0, count);
}

function shareOf(wave: Wave, admitted: number, population: number): number {
  if ("tag" in wave) return 0;
  return population === 0 ? Number("percent" in wave && wave.percent === 100) : admitted / population;
}
