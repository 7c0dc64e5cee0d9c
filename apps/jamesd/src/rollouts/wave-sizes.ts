import { type RolloutDevice, sizesAhead } from "@jamesd/model";
import type { Rollout } from "../repository/rollout-store.ts";
import { KeptBriefly } from "./kept-briefly.ts";

/** What sizes are worked out from. */
export interface WaveSizesParts {
  readonly population: (revision: number) => Promise<readonly RolloutDevice[]>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How many devices the waves of live rollouts have, or would have if they were opened now. */
export class WaveSizes {
  readonly #parts: WaveSizesParts;
  readonly #kept: KeptBriefly<readonly number[]>;

  constructor(parts: WaveSizesParts) {
    this.#parts = parts;
    this.#kept = new KeptBriefly(parts.now);
  }

  /** Of each wave of a rollout, some of which are not open; half a minute old at the most. */
  of(rollout: Rollout): Promise<readonly number[]> {
    const { revision, waves } = rollout;
    return this.#kept.of(revision, waves.length, async () =>
      expectedSizes(rollout, await this.#parts.population(revision)),
    );
  }
}

/** How many devices each wave has, or would have. */
function expectedSizes(
  { settings, waves }: Rollout,
  population: readonly RolloutDevice[],
): readonly number[] {
  const admitted = new Set(waves.flatMap(({ ids }) => ids));
  const ahead = sizesAhead(settings.waves.slice(waves.length), population, admitted);
  return [...waves.map(({ ids }) => ids.length), ...ahead];
}
