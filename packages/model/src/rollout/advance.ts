import { isBreached, isSuccessful, sizeOf } from "./gate.ts";
import type { WaveCounts } from "./progress.ts";
import { needsApproval, type RolloutSettings } from "./settings.ts";
import { opened, over, paused, type RolloutState, type Trouble } from "./state.ts";

/** What a rollout does next by itself. */
export type Advance =
  /** Success holds from now on; or it does no longer. */
  | { readonly kind: "steady" }
  | { readonly kind: "unsteady" }
  /** The next wave opens. */
  | { readonly kind: "open" }
  /** Somebody has to approve the next wave. */
  | { readonly kind: "wait" }
  | { readonly kind: "pause" | "revert"; readonly trouble: Trouble }
  | { readonly kind: "finish" };

/**
 * What a rollout does next by itself, or undefined: nothing now. One that waits for an approval can only get into trouble. A function of what is handed in alone, so that it can be
 * asked at any time, and again after a crash.
 * @param counts of each open wave, the newest last; whom an operator excused is not in them
 * @param nowMs in which the server ran since the rollout began: while it does not run, nobody is silent and no wave bakes
 * @param sizes for how many devices each open wave was opened: when nobody of the newest's is left to count, for they were excused or are gone, it bakes all the same
 */
export function advance(
  settings: RolloutSettings,
  state: RolloutState,
  counts: readonly WaveCounts[],
  nowMs: number,
  sizes: readonly number[] = [],
): Advance | undefined {
  const newest = counts.at(-1);
  if (!newest || (state.status !== "running" && state.status !== "waiting")) return undefined;
  if (counts.some((wave) => isBreached(wave, settings))) return inTrouble("breach", settings);
  if (state.status === "waiting") return undefined;
  const isEmpty = sizeOf(newest) === 0;
  const hadDevices = (sizes.at(-1) ?? 0) > 0;
  if (isEmpty && !hadDevices) return onward(settings, state, sizes);
  if (!isEmpty && !isSuccessful(newest, settings)) {
    if (nowMs - state.openedMs >= settings.patienceMs) return inTrouble("stalled", settings);
    return state.steadyMs === undefined ? undefined : { kind: "unsteady" };
  }
  if (state.steadyMs === undefined && settings.bakeMs > 0) return { kind: "steady" };
  return nowMs - (state.steadyMs ?? nowMs) >= settings.bakeMs ? onward(settings, state, sizes) : undefined;
}

/** A breach may have it go back; a wave that never gets anywhere has broken nothing. */
function inTrouble(trouble: Trouble, { onFailure }: RolloutSettings): Advance {
  return { kind: trouble === "breach" ? onFailure : "pause", trouble };
}

function onward(settings: RolloutSettings, { wave }: RolloutState, sizes: readonly number[]): Advance {
  if (wave >= settings.waves.length) return { kind: "finish" };
  return { kind: needsApproval(settings, sizes) ? "wait" : "open" };
}

/** Where a rollout is after it did that. */
export function advanced(state: RolloutState, did: Advance, nowMs: number): RolloutState {
  switch (did.kind) {
    case "steady":
      return { ...state, steadyMs: nowMs };
    case "unsteady":
      return { ...state, steadyMs: undefined };
    case "open":
      return opened(state, state.wave + 1, nowMs);
    case "wait":
      return { ...state, status: "waiting" };
    case "pause":
      return paused(state, did.trouble);
    case "revert":
      return over(state, "reverted", did.trouble);
    case "finish":
      return over(state, "finished");
  }
}
