/** A time in which the server ran, in milliseconds since the epoch. */
export interface Run {
  readonly from: number;
  readonly until: number;
}

/** How long the server ran between two times, in milliseconds; `runs` do not overlap. While it does not run it hears nobody, which is nobody's fault. */
export function ranBetween(runs: Iterable<Run>, from: number, until: number): number {
  let ranMs = 0;
  for (const run of runs) ranMs += Math.max(0, Math.min(run.until, until) - Math.max(run.from, from));
  return ranMs;
}
