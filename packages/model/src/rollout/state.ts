/** What a rollout does: runs, waits for somebody to approve, is paused; or it is over. */
export const ROLLOUT_STATUSES = [
  "running",
  "waiting",
  "paused",
  "finished",
  "reverted",
  "superseded",
] as const;
export type RolloutStatus = (typeof ROLLOUT_STATUSES)[number];

/** Why a rollout stands still without somebody's doing: too many failed, or a wave without success for too long. */
export const TROUBLES = ["breach", "stalled"] as const;
export type Trouble = (typeof TROUBLES)[number];

/** Where a rollout is. Times in milliseconds in which the server ran since it began. */
export interface RolloutState {
  readonly status: RolloutStatus;
  /** How many waves are open; the newest of them is judged. */
  readonly wave: number;
  /** When the newest was opened. */
  readonly openedMs: number;
  /** Since when its success holds without a breach; undefined: it does not. */
  readonly steadyMs: number | undefined;
  /** Of one that is paused: what it did before. */
  readonly before: "running" | "waiting" | undefined;
  /** Of one that is paused by itself. */
  readonly trouble: Trouble | undefined;
}

/** True of a rollout that is not over. */
export function isLive({ status }: Pick<RolloutState, "status">): boolean {
  return status === "running" || status === "waiting" || status === "paused";
}

/** True of a rollout whose admitted devices get what it wants. */
export function isOffering({ status }: Pick<RolloutState, "status">): boolean {
  return status === "running" || status === "waiting" || status === "finished";
}

/** A rollout whose first wave was opened. */
export const BEGUN: RolloutState = {
  status: "running",
  wave: 1,
  openedMs: 0,
  steadyMs: undefined,
  before: undefined,
  trouble: undefined,
};

/** A rollout after its waves up to this one were opened: it runs, and the newest has yet to prove itself. */
export function opened(state: RolloutState, wave: number, nowMs: number): RolloutState {
  return { ...state, ...AT_WORK, status: "running", wave, openedMs: nowMs, steadyMs: undefined };
}

/** A rollout that was paused; `trouble`: by itself. */
export function paused(state: RolloutState, trouble?: Trouble): RolloutState {
  const before = state.status === "waiting" ? "waiting" : "running";
  return { ...state, status: "paused", before, trouble, steadyMs: undefined };
}

/** A rollout that goes on as before it was paused. Its newest wave has the whole of its patience again. */
export function resumed(state: RolloutState, nowMs: number): RolloutState {
  return { ...state, ...AT_WORK, status: state.before ?? "running", openedMs: nowMs };
}

/** A rollout that is over. */
export function over(
  state: RolloutState,
  status: "finished" | "reverted" | "superseded",
  trouble?: Trouble,
): RolloutState {
  return { ...state, ...AT_WORK, status, trouble };
}

const AT_WORK = { before: undefined, trouble: undefined } as const;
