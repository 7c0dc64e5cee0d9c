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

/** After nothing was to be done: none when the answer was held to its end, else what is left of the interval. */
export function quietPause(
  said: { readonly waitMs: number; readonly tookMs: number; readonly intervalMs: number },
  random: number,
): number {
  const { waitMs, tookMs, intervalMs } = said;
  if (waitMs > 0 && tookMs >= waitMs * 0.9) return 0;
  return Math.max(0, intervalMs - tookMs) * (0.9 + 0.2 * random);
}
