import { BEGUN, type OpenedWave, parseRollout, type RolloutState } from "@jamesd/model";
import type { Repository } from "../../src/repository/repository.ts";
import type { NewRollout } from "../../src/repository/rollout-store.ts";
import { spec } from "./repository.contract.ts";

export const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1_700_000_000_000 };
export const REQUEST = { ...ORIGIN, message: "vpn 2" };
export const LATER = { author: "james", address: "", time: 1_700_000_009_000, message: "green" };
export const OVERTAKEN = { code: "CHANGE_OVERTAKEN" };

export const FIRST: OpenedWave = { wave: { tag: "canary" }, ids: ["a", "b"], later: ["c"], share: 0 };
export const SECOND: OpenedWave = { wave: { percent: 50 }, ids: ["c"], later: [], share: 0.5 };

/** A rollout as it begins. */
export function rolloutOf(supersedes: readonly number[] = [], seed = 1): NewRollout {
  const settings = parseRollout({ waves: ["tag:canary", "50%"], inFlight: 7, approve: "first" });
  return { settings, seed, wave: FIRST, supersedes };
}

/** Where a rollout is, but for what is said. */
export function stateOf(said: Partial<RolloutState> = {}): RolloutState {
  return { ...BEGUN, ...said };
}

/** Begins a rollout of a spec, with the first revision. */
export async function begin({ documents }: Repository): Promise<void> {
  await documents.commit([spec("s", ["x"], [])], REQUEST, undefined, { rollout: rolloutOf() });
}
