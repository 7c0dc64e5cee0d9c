import { openWave } from "./open-wave.ts";
import type { OpenedWave, RolloutDevice } from "./opened-wave.ts";
import type { Wave } from "./waves.ts";

/** A rollout of which some waves may be open. */
export interface Opening {
  /** All of its waves. */
  readonly waves: readonly Wave[];
  readonly opened: readonly OpenedWave[];
  readonly seed: number;
}

/** The waves that are not open, as they would be if they were opened now, one after the other. */
export function wavesAhead(
  { waves, opened, seed }: Opening,
  population: readonly RolloutDevice[],
): readonly OpenedWave[] {
  const all = [...opened];
  for (const wave of waves.slice(opened.length)) all.push(openWave(wave, { population, opened: all, seed }));
  return all.slice(opened.length);
}
