import { isAmong, type OpenedWave, wavesAhead } from "@jamesd/model";
import type { KnownFleet } from "../fleet/fleet.ts";
import { population } from "../fleet/population.ts";
import type { RolloutStore } from "../repository/rollout-store.ts";
import { unknownRollout } from "./commands.ts";

/** What waves are found in. */
export interface WavesOfDevicesParts {
  readonly fleet: KnownFleet;
  readonly rollouts: Pick<RolloutStore, "get">;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Known {
  /** By which the waves were found. */
  readonly views: object;
  readonly ahead: Map<number, Promise<readonly OpenedWave[]>>;
}

/** In which waves devices are, and will be. */
export class WavesOfDevices {
  readonly #parts: WavesOfDevicesParts;
  #known: Known | undefined;

  constructor(parts: WavesOfDevicesParts) {
    this.#parts = parts;
  }

  /** The devices that the open waves of a rollout were opened for, also of one that is over. @throws JamesError ROLLOUT_UNKNOWN */
  async opened(revision: number): Promise<ReadonlySet<string>> {
    const rollout = await this.#parts.rollouts.get(revision);
    if (!rollout) throw unknownRollout(revision);
    return new Set(rollout.waves.flatMap(({ ids }) => ids));
  }

  /** The waves of live rollouts, from 1, in which a device will have its turn, as the fleet is now; undefined: in none that is not open. */
  async ahead(revisions: readonly number[], id: string) {
    const found: { readonly revision: number; readonly wave: number | undefined }[] = [];
    for (const revision of revisions) found.push({ revision, wave: await this.#waveOf(revision, id) });
    return found;
  }

  async #waveOf(revision: number, id: string): Promise<number | undefined> {
    const ahead = await this.#wavesAhead(revision);
    const waves = this.#rollout(revision)?.settings.waves.length;
    const index = ahead.findIndex(({ ids }) => isAmong(ids, id));
    return waves === undefined || index === -1 ? undefined : waves - ahead.length + index + 1;
  }

  /** Kept as long as devices should have the same: to rank a large fleet takes its time, and many may ask. */
  #wavesAhead(revision: number): Promise<readonly OpenedWave[]> {
    const views = this.#parts.fleet.targets.current;
    if (this.#known?.views !== views) this.#known = { views, ahead: new Map() };
    const { ahead } = this.#known;
    const known = ahead.get(revision);
    if (known) return known;
    const found = this.#find(revision);
    ahead.set(revision, found);
    // What failed is tried again.
    found.catch(() => ahead.delete(revision));
    return found;
  }

  async #find(revision: number): Promise<readonly OpenedWave[]> {
    const { fleet, now } = this.#parts;
    const found = await population(fleet, revision, now());
    const rollout = this.#rollout(revision);
    if (!rollout) return [];
    const { settings, waves: opened, seed } = rollout;
    return wavesAhead({ waves: settings.waves, opened, seed }, found);
  }

  #rollout(revision: number) {
    return this.#parts.fleet.targets.rollouts.find((one) => one.revision === revision);
  }
}
