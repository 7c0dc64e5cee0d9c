import type { Progress, WaveCounts } from "@jamesd/model";
import type { KnownDevice } from "../fleet/device.ts";
import type { Rollout, RolloutStep } from "../repository/rollout-store.ts";
import { eachInSlices, Slices } from "../running/slices.ts";
import { type Judging, NOWHERE, type Opening, placeOf, unheardSince } from "./device-progress.ts";
import { WaveProgress } from "./wave-progress.ts";

/** A device of an open wave. */
export interface WaveDevice {
  readonly id: string;
  /** From 1. */
  readonly wave: number;
  readonly progress: Progress;
  readonly isExcused: boolean;
}

/** Where the devices of a live rollout are, of each wave that is open. */
export class RolloutProgress {
  #rollout: Rollout;
  #waves: readonly WaveProgress[] = [];
  /** When each was opened, in milliseconds since the epoch. */
  #opened: readonly number[] = [];

  /** @param steps all of them, oldest first */
  constructor(rollout: Rollout, steps: readonly RolloutStep[]) {
    this.#rollout = rollout;
    this.become(rollout, steps);
  }

  get rollout(): Rollout {
    return this.#rollout;
  }

  get waves(): readonly WaveProgress[] {
    return this.#waves;
  }

  /** When each open wave was opened, in milliseconds since the epoch. */
  get opened(): readonly number[] {
    return this.#opened;
  }

  /** How many devices of each open wave are where, but for those that are excused. */
  get counts(): readonly WaveCounts[] {
    return this.#waves.map(({ counts }) => counts);
  }

  /** Takes over its newest step. @param steps all of them, when it opened waves: where their devices are is not known yet */
  become(rollout: Rollout, steps?: readonly RolloutStep[]): void {
    this.#rollout = rollout;
    this.#waves = rollout.waves.map(({ ids }, i) => this.#waves[i] ?? new WaveProgress(ids));
    if (steps) this.#opened = steps.flatMap(({ opened, time }) => opened.map(() => time));
    for (const wave of this.#waves) wave.excuse(rollout.excused);
  }

  /** True of a device that an open wave has. */
  has(id: string): boolean {
    return this.#waves.some((wave) => wave.find(id) !== undefined);
  }

  /** Looks where a device is now. */
  look(device: KnownDevice, judging: Judging): void {
    this.#each(device.id, (wave, index, opening) => wave.set(index, placeOf(device, opening, judging)));
  }

  /** A device is gone. */
  forget(id: string): void {
    this.#each(id, (wave, index) => wave.set(index, NOWHERE));
  }

  /** Devices that are locked out count no more: that they are not heard of is what was meant. One that is let in again counts when it is. */
  async leaveOut({ locks, presence }: Pick<Judging, "locks" | "presence">): Promise<void> {
    for (const wave of this.#waves)
      await eachInSlices(wave.ids.entries(), ([index, id]) => {
        if (locks.lockOf(id, presence.certificate(id))) wave.set(index, NOWHERE);
      });
  }

  /** Finds who has fallen silent by now. */
  async passTime(judging: Judging): Promise<void> {
    const slices = new Slices();
    for (const [i, wave] of this.#waves.entries())
      for (const index of wave.due(judging.now)) {
        if (slices.isOver) await slices.next();
        this.#lookAtTime(wave, index, this.#opening(i), judging);
      }
  }

  /** The devices of open waves after an id, by id; of those that are nowhere none. */
  *devices(after: string): Generator<WaveDevice> {
    const next = this.#waves.map((wave) => wave.from(`${after}\0`));
    for (;;) {
      const i = firstOf(this.#waves.map(({ ids }, at) => ids[next[at] ?? 0]));
      const [wave, index] = [this.#waves[i], next[i]];
      if (!wave || index === undefined) return;
      next[i] = index + 1;
      const [id = "", progress] = [wave.ids[index], wave.progress(index)];
      if (progress) yield { id, wave: i + 1, progress, isExcused: wave.isExcused(index) };
    }
  }

  /** What is known of the device otherwise is as it was looked at last: there was no news of it. */
  #lookAtTime(wave: WaveProgress, index: number, opening: Opening, judging: Judging): void {
    const { silenceMs } = opening.settings;
    const heard = judging.presence.heard(wave.ids[index] ?? "") ?? wave.heard(index);
    const unheardMs = unheardSince(heard, opening, judging) ?? 0;
    if (unheardMs >= silenceMs) wave.set(index, { progress: "silent", heard, due: Number.POSITIVE_INFINITY });
    else wave.set(index, { progress: wave.progress(index), heard, due: judging.now + silenceMs - unheardMs });
  }

  #each(id: string, take: (wave: WaveProgress, index: number, opening: Opening) => void): void {
    for (const [i, wave] of this.#waves.entries()) {
      const index = wave.find(id);
      if (index !== undefined) take(wave, index, this.#opening(i));
    }
  }

  #opening(wave: number): Opening {
    const { revision, packet, settings } = this.#rollout;
    return { revision, packet, settings, opened: this.#opened[wave] ?? 0 };
  }
}

/** Where the smallest of these is; -1: there is none. */
function firstOf(ids: readonly (string | undefined)[]): number {
  return ids.reduce((first, id, i) => {
    const least = ids[first];
    return id !== undefined && (least === undefined || id < least) ? i : first;
  }, -1);
}
