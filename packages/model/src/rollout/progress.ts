import type { RolloutSettings } from "./settings.ts";

/** Where a device of an open wave is; it is in exactly one of these places. */
export const PROGRESS = ["done", "busy", "failed", "silent", "unreached"] as const;
export type Progress = (typeof PROGRESS)[number];

/** What is known of a device of an open wave. */
export interface WaveDevice {
  /** For how long it has not been heard of, in milliseconds in which the server ran; undefined: never since its wave opened. */
  readonly unheardMs: number | undefined;
  /** It reports what the rollout wants for it. */
  readonly isDone: boolean;
  /** How often it tried that and did not succeed. */
  readonly failures: number;
  /** It is in between and cannot get out by itself. */
  readonly isStuck: boolean;
}

/** Where a device is. One that was reached and fell silent has failed, also after it was done: nobody knows what became of it. */
export function progressOf(
  { unheardMs, isDone, failures, isStuck }: WaveDevice,
  { silenceMs, attempts }: Pick<RolloutSettings, "silenceMs" | "attempts">,
): Progress {
  if (unheardMs === undefined) return "unreached";
  if (unheardMs >= silenceMs) return "silent";
  if (isStuck) return "failed";
  if (isDone) return "done";
  return failures >= attempts ? "failed" : "busy";
}

/** How many devices of a wave are where. */
export type WaveCounts = Readonly<Record<Progress, number>>;

const NO_DEVICES: WaveCounts = { done: 0, busy: 0, failed: 0, silent: 0, unreached: 0 };

/** How many devices of all these waves are where. */
export function totalCounts(waves: readonly WaveCounts[]): WaveCounts {
  const total = { ...NO_DEVICES };
  for (const counts of waves) for (const name of PROGRESS) total[name] += counts[name];
  return total;
}

/** Counts the devices of a wave. */
export function countProgress(all: Iterable<Progress>): WaveCounts {
  const counts = { ...NO_DEVICES };
  for (const one of all) counts[one] += 1;
  return counts;
}
