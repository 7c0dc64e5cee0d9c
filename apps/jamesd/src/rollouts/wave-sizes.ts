import { type RolloutDevice, sizesAhead } from "@jamesd/model";
import type { Rollout } from "../repository/rollout-store.ts";

/** Whoever asks again within this time is told the same: all devices are looked at for it. */
const KEPT_MS = 30_000;

/** What sizes are worked out from. */
export interface WaveSizesParts {
  readonly population: (revision: number) => Promise<readonly RolloutDevice[]>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Kept {
  readonly waves: number;
  readonly time: number;
  readonly sizes: Promise<readonly number[]>;
}

/** How many devices the waves of live rollouts have, or would have if they were opened now. */
export class WaveSizes {
  readonly #parts: WaveSizesParts;
  readonly #kept = new Map<number, Kept>();

  constructor(parts: WaveSizesParts) {
    this.#parts = parts;
  }

  /** Of each wave of a rollout, some of which are not open; half a minute old at the most. */
  async of(rollout: Rollout): Promise<readonly number[]> {
    const { population, now } = this.#parts;
    const [time, waves] = [now(), rollout.waves.length];
    const known = this.#kept.get(rollout.revision);
    if (known?.waves === waves && Math.abs(time - known.time) < KEPT_MS) return known.sizes;
    for (const [revision, kept] of this.#kept) if (time - kept.time >= KEPT_MS) this.#kept.delete(revision);
    const sizes = population(rollout.revision).then((all) => expectedSizes(rollout, all));
    this.#kept.set(rollout.revision, { waves, time, sizes });
    return sizes.catch((thrown: unknown) => {
      this.#kept.delete(rollout.revision);
      throw thrown;
    });
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
