/** How long to wait, as pure functions: `random` is a number from 0 to under 1, times are milliseconds. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A pause is never longer than this. */
export const LONGEST_PAUSE_MS = 24 * HOUR;

/**
 * The pause before asking again after `failures` failures in a row. The first is short, because most often the server
 * was only restarted, and spread, because then all devices come at once; from then on exponential with full jitter.
 * A server that said when to ask again is left alone until then, and the pause comes on top, for it told others the same.
 * It is not believed beyond an hour: what stands before it may say for how long maintenance was planned, or give a date, and
 * this device's clock be wrong.
 */
export function reconnectPause(failures: number, random: number, retryAfterMs = 0): number {
  const most = failures <= 1 ? 2 * SECOND : Math.min(MINUTE, SECOND * 2 ** (failures - 1));
  return Math.min(HOUR, retryAfterMs) + random * most;
}

/**
 * How long a plan that failed `failures` times in a row is left alone: half of a time that is a minute first
 * and doubles up to an hour, and at random as much again.
 */
export function planDeferral(failures: number, random: number): number {
  const most = Math.min(HOUR, MINUTE * 2 ** Math.max(0, failures - 1));
  return most / 2 + (random * most) / 2;
}

/** How long to wait before a request is asked again that waits for people, when the server says after how long. */
export function waitingPause(retryInMs: number, random: number): number {
  return jittered(Math.min(HOUR, Math.max(10 * SECOND, retryInMs)), random);
}

/**
 * The pause when the server does not hold a question and says when to ask again. It spreads its devices itself; what is
 * out of all bounds is not believed.
 */
export function toldPause(askAgainMs: number): number {
  return Math.min(HOUR, Math.max(SECOND, askAgainMs));
}

/** `ms` give or take a tenth, so that devices that started together drift apart. */
export function jittered(ms: number, random: number): number {
  return ms * (0.9 + 0.2 * random);
}

/** A check-in that was answered with nothing to do. */
export interface QuietCheckin {
  readonly intervalMs: number;
  /** What `Prefer: wait` asked for; 0 when the answer was wanted at once. */
  readonly waitMs: number;
  readonly tookMs: number;
}

/** The pause after it: none when the server held it to the end, else what is left of the interval. */
export function quietPause({ intervalMs, waitMs, tookMs }: QuietCheckin, random: number): number {
  const wasHeld = waitMs > 0 && tookMs >= waitMs * 0.9;
  return wasHeld ? 0 : jittered(Math.max(0, intervalMs - tookMs), random);
}
