/** Looking again is this part of the time at the most. */
const MOST_PART = 0.1;
/** And not more often than so. */
const LEAST_MS = 1000;
/** Nor more seldom: one answer that was late is no reason to show for minutes what is old. */
const MOST_MS = 15_000;

/** How long to wait before looking again at what took so long to look at. */
export function pauseAfter(costMs: number): number {
  return Math.min(MOST_MS, Math.max(LEAST_MS, costMs / MOST_PART));
}
