import { mayFail, needsApproval, type Wave, type WaveCounts } from "@jamesd/model";
import type { NotedCounts } from "../repository/rollout-count-store.ts";
import type { Rollout, RolloutStep } from "../repository/rollout-store.ts";
import type { RolloutProgress } from "./rollout-progress.ts";

/** How a wave of a rollout is. */
export interface WaveView {
  readonly wave: Wave;
  /** For how many it was opened; of one that is not open, how many it would be now; undefined: not known of one that is over. */
  readonly devices: number | undefined;
  /** Of one that is open; of a rollout that is over as they were noted last; whom an operator excused is not in them. */
  readonly counts: WaveCounts | undefined;
  /** How many an operator excused. */
  readonly excused: number;
  /** Milliseconds since the epoch; undefined: it is not open. */
  readonly opened: number | undefined;
  /** When the next was opened, or all were done; undefined: not yet. */
  readonly passed: number | undefined;
}

/** What comes next, by itself or when somebody approves. */
export interface NextStep {
  /** Number of the wave that opens, from 1; undefined: it finishes. */
  readonly wave: number | undefined;
  /** So much longer success has to hold; undefined: there is none now, or it does not run. */
  readonly inMs: number | undefined;
  readonly needsApproval: boolean;
  /** When more devices of the newest wave fail it goes no further. */
  readonly mayFail: number;
}

/** How a rollout is. */
export interface RolloutView {
  readonly rollout: Rollout;
  /** All of its waves. */
  readonly waves: readonly WaveView[];
  /** Of one that is over: when its devices were counted last, in milliseconds since the epoch; undefined: never. */
  readonly counted: number | undefined;
  /** How long success has held, of how long it has to; undefined: there is none. */
  readonly baking: { readonly heldMs: number; readonly ofMs: number } | undefined;
  /** Undefined: it is over. */
  readonly next: NextStep | undefined;
  /** Oldest first. */
  readonly steps: readonly RolloutStep[];
}

/** What a rollout is shown by. */
export interface Shown {
  readonly rollout: Rollout;
  readonly steps: readonly RolloutStep[];
  /** Undefined: it is over. */
  readonly progress: RolloutProgress | undefined;
  /** What was noted of one that is over last. */
  readonly noted: NotedCounts | undefined;
  /** How many devices each wave has, or would have; undefined: it is over, or every wave is open. */
  readonly sizes: readonly number[] | undefined;
  /** In which the server ran since it began. */
  readonly nowMs: number;
}

/** Shows a rollout. */
export function viewOf(shown: Shown): RolloutView {
  const { rollout, steps, progress, noted, nowMs } = shown;
  const { state, settings } = rollout;
  const isBaking = progress && state.status === "running" && state.steadyMs !== undefined;
  // Where the clock was set back, it holds since what has yet to come.
  const heldMs = isBaking
    ? Math.max(0, Math.min(nowMs - (state.steadyMs ?? nowMs), settings.bakeMs))
    : undefined;
  return {
    rollout,
    steps,
    waves: wavesOf(shown),
    counted: progress ? undefined : noted?.time,
    baking: heldMs === undefined ? undefined : { heldMs, ofMs: settings.bakeMs },
    next: progress && nextOf(progress, heldMs),
  };
}

function nextOf({ rollout, counts }: RolloutProgress, heldMs?: number): NextStep {
  const { settings, state } = rollout;
  const newest = counts.at(-1);
  const sizes = rollout.waves.map(({ ids }) => ids.length);
  const isLast = state.wave >= settings.waves.length;
  return {
    wave: isLast ? undefined : state.wave + 1,
    inMs: heldMs === undefined ? undefined : settings.bakeMs - heldMs,
    needsApproval: !isLast && needsApproval(settings, sizes),
    mayFail: newest ? mayFail(newest, settings) : 0,
  };
}

function wavesOf({ rollout, steps, progress, noted, sizes }: Shown): readonly WaveView[] {
  const times = steps.flatMap(({ opened, time }) => opened.map(() => time));
  const excused = new Set(rollout.excused);
  const finished = rollout.state.status === "finished" ? rollout.stepped : undefined;
  return rollout.settings.waves.map((wave, i) => {
    const open = rollout.waves[i];
    const counts = progress ? progress.waves[i]?.counts : noted?.waves[i];
    return {
      wave,
      devices: open?.ids.length ?? sizes?.[i],
      counts: open && counts,
      excused: excused.size > 0 && open ? open.ids.filter((id) => excused.has(id)).length : 0,
      opened: times[i],
      passed: open && (times[i + 1] ?? finished),
    };
  });
}
