/** Looking again is this part of the time at the most. */
const MOST_PART = 0.1;
/** And not more often than so. */
const LEAST_MS = 1000;

/** How long to wait before looking again at what took so long to look at. */
export function pauseAfter(costMs: number): number {
  return Math.max(LEAST_MS, costMs / MOST_PART);
}
