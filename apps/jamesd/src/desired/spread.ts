import {
  type GivenRollout,
  type OpenedWave,
  openWave,
  parseRollout,
  type RolloutDevice,
  type RolloutSettings,
  sizesAhead,
  type Wave,
  wavesAhead,
  waveText,
} from "@jamesd/model";
import type { NewRollout, Rollout } from "../repository/rollout-store.ts";

/** A wave, and how many devices it would be opened for. */
export interface PlannedWave {
  readonly wave: Wave;
  readonly devices: number;
}

/** How a change would spread. */
export interface Spread {
  readonly rollout: NewRollout;
  /** As the fleet is now. */
  readonly waves: readonly PlannedWave[];
  /** What is allowed, and probably not meant. */
  readonly warnings: readonly string[];
}

/** By which devices have their turns: the same as in the first of the rollouts whose place is taken. */
export function seedOf(revision: number, supersedes: readonly Pick<Rollout, "seed">[]): number {
  return supersedes[0]?.seed ?? revision;
}

/** How a change is to spread, which takes the place of rollouts: as it is said, and else as the newest of those. @throws JamesError ROLLOUT_INVALID, TAG_INVALID */
export function settingsOf(
  plan: GivenRollout | undefined,
  supersedes: readonly Pick<Rollout, "settings">[],
): RolloutSettings {
  return plan ? parseRollout(plan) : (supersedes.at(-1)?.settings ?? parseRollout({}));
}

/** Opens the first wave, and looks what the others would be. */
export function spreadTo(
  population: readonly RolloutDevice[],
  { settings, seed, supersedes }: Omit<NewRollout, "wave">,
): Spread {
  const [first, ...others] = settings.waves;
  if (!first) throw new RangeError("a rollout has waves");
  const wave = openWave(first, { population, opened: [], seed });
  const devices = sizesOf(others, wave, population, seed);
  const waves = [
    { wave: first, devices: wave.ids.length },
    ...others.map((one, i) => ({ wave: one, devices: devices[i] ?? 0 })),
  ];
  return { rollout: { settings, seed, wave, supersedes }, waves, warnings: warningsOf(waves) };
}

/** How many devices each of the waves after the first would be opened for. */
function sizesOf(
  waves: readonly Wave[],
  first: OpenedWave,
  population: readonly RolloutDevice[],
  seed: number,
): readonly number[] {
  // Only how many have a tag depends on who they are: to rank a whole fleet for each wave takes a while.
  if (waves.some((wave) => "tag" in wave))
    return wavesAhead({ waves: [first.wave, ...waves], opened: [first], seed }, population).map(
      ({ ids }) => ids.length,
    );
  return sizesAhead(waves, population, new Set(first.ids));
}

function warningsOf(waves: readonly PlannedWave[]): readonly string[] {
  if (waves.every(({ devices }) => devices === 0))
    return ["no device gets something else by this change: its waves are all empty, and passed over"];
  return waves.flatMap(({ wave, devices }, i) =>
    devices === 0 ? [`wave ${i + 1} (${waveText(wave)}) has no device, and is passed over`] : [],
  );
}
