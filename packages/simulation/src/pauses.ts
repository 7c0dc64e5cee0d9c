/** How long devices wait, as jamesc does: `random` is a number from 0 to under 1, times are milliseconds. */

/** Before asking again after so many failures in a row; what a server that refuses said comes on top. */
export function reconnectPause(failures: number, random: number): number {
  return random * Math.min(60_000, 1000 * 2 ** Math.max(1, failures - 1));
}

/** Before a plan is tried again that failed so many times in a row. */
export function failedPause(failures: number, random: number): number {
  const most = Math.min(3_600_000, 60_000 * 2 ** Math.max(0, failures - 1));
  return most / 2 + (random * most) / 2;
}

/** A check-in after which nothing is to be done; times are milliseconds. */
export interface Quiet {
  /** What it asked to be held for; 0: not at all. */
  readonly waitMs: number;
  readonly tookMs: number;
  /** The device asks so often where nothing is held. */
  readonly intervalMs: number;
  /** It lets its check-ins be held, when it has no news. */
  readonly isHolding: boolean;
  /** The server has no place to hold it, and says when to ask again; undefined: it does not say so. */
  readonly askAgainMs: number | undefined;
  /** For how long a plan that failed is not wanted; undefined: there is none. */
  readonly deferredMs: number | undefined;
}

/** What may be asked to be held is told in whole seconds. */
const SHORTEST_HOLD_MS = 1_000;

/** After nothing was to be done: none when the answer was held to its end, or news were acknowledged; else the interval. */
export function quietPause(quiet: Quiet, random: number): number {
  const { waitMs, tookMs, intervalMs, isHolding, askAgainMs, deferredMs = Number.POSITIVE_INFINITY } = quiet;
  if (askAgainMs !== undefined) return Math.min(askAgainMs, deferredMs);
  if (deferredMs < SHORTEST_HOLD_MS) return deferredMs;
  if (isHolding && waitMs === 0) return 0;
  if (waitMs > 0 && tookMs >= waitMs * 0.9) return 0;
  return Math.max(0, intervalMs - tookMs) * (0.9 + 0.2 * random);
}
