import type { WaveCounts } from "./progress.ts";
import type { RolloutSettings } from "./settings.ts";

/** A breach is judged as if at least so many had tried, so that one of the first does not stop a wave of thousands. */
const FEW = 20;

/** How many devices of a wave may fail; one more is a breach. */
export function mayFail(counts: WaveCounts, { failures }: Pick<RolloutSettings, "failures">): number {
  const tried = counts.done + counts.failed + counts.silent;
  const judged = Math.max(tried, Math.min(FEW, sizeOf(counts)));
  // As a product 29% of 100 are a bit less than 29: whether so many are within a share is only exact as a quotient.
  const near = Math.round(failures * judged);
  return near / judged > failures ? near - 1 : near;
}

/** True when more devices of a wave failed than may. */
export function isBreached(counts: WaveCounts, settings: Pick<RolloutSettings, "failures">): boolean {
  return counts.failed + counts.silent > mayFail(counts, settings);
}

/** True when enough of the devices that were reached are done. Who never was says nothing for or against it. */
export function isSuccessful(counts: WaveCounts, { success }: Pick<RolloutSettings, "success">): boolean {
  const reached = sizeOf(counts) - counts.unreached;
  return reached > 0 && counts.done / reached >= success;
}

/** How many devices a wave has. */
export function sizeOf({ done, busy, failed, silent, unreached }: WaveCounts): number {
  return done + busy + failed + silent + unreached;
}
