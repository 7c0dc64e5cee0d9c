import { type Random, randomFor } from "./random.ts";

/** What kinds of devices a fleet has; each a share from 0 to 1 unless it says otherwise. */
export interface Mix {
  /** The chance of each transaction that a script fails. */
  readonly fail: number;
  /** Devices on which every update fails, for good. */
  readonly bad: number;
  /** Devices with a slow line and a slow disk. */
  readonly slow: number;
  /** Devices that are away at first and come later. */
  readonly offline: number;
  /** Devices of the fleet, each minute, that lose their connection and come back. */
  readonly churn: number;
  /** How many devices have a second machine with the same certificate. */
  readonly clones: number;
}

/** Nothing goes wrong. */
export const HEALTHY: Mix = { fail: 0, bad: 0, slow: 0, offline: 0, churn: 0, clones: 0 };

/** What one device is like. */
export interface Habits {
  readonly isBad: boolean;
  readonly isSlow: boolean;
  readonly isOffline: boolean;
}

/** What a device is like, always the same for a seed. */
export function habitsOf({ bad, slow, offline }: Mix, seed: string, id: string): Habits {
  const random: Random = randomFor(seed, id, "habits");
  return { isBad: random() < bad, isSlow: random() < slow, isOffline: random() < offline };
}
