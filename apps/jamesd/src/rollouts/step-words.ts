import { type Advance, counted, isBreached, type Trouble, waveText } from "@jamesd/model";
import type { RolloutProgress } from "./rollout-progress.ts";

/** Why a rollout does that, in words. */
export function whyOf({ rollout: { settings, state }, counts }: RolloutProgress, did: Advance): string {
  const { wave } = state;
  const passed = `Wave ${wave} ${isEmpty(counts.at(-1)) ? "has no devices that count" : "passed"}`;
  const next = settings.waves[wave];
  switch (did.kind) {
    case "steady":
      return `Wave ${wave} has success`;
    case "unsteady":
      return `Wave ${wave} has success no longer`;
    case "open":
      return `${passed}; wave ${wave + 1}, ${next ? waveText(next) : ""}, opens`;
    case "wait":
      return `${passed}; wave ${wave + 1} waits for an approval`;
    case "pause":
    case "revert":
      return troubleText({ settings, state }, counts, did.trouble);
    case "finish":
      return `${passed}, the last`;
  }
}

type Counts = RolloutProgress["counts"];

function troubleText(
  { settings, state }: Pick<RolloutProgress["rollout"], "settings" | "state">,
  counts: Counts,
  trouble: Trouble,
): string {
  if (trouble === "stalled") return `Wave ${state.wave} had no success for too long`;
  const index = counts.findIndex((one) => isBreached(one, settings));
  const { failed = 0, silent = 0 } = counts[index] ?? {};
  const ofThem = silent > 0 ? `, ${silent} of them by falling silent` : "";
  return `${counted(failed + silent, "device")} of wave ${index + 1} failed${ofThem}`;
}

/** True of a wave without devices. */
export function isEmpty(counts: Counts[number] | undefined): boolean {
  return !counts || Object.values(counts).every((count) => count === 0);
}
