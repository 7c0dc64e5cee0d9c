import { formatDuration, JamesError, DURATION_UNITS as UNITS } from "@jamesd/model";

/** A century: no time that is told apart from "for ever" is longer, and any clock can count it. */
const LONGEST_MS = 36_500 * UNITS.d;
/** The longest time that a timer of Node counts, in whole days; it takes any longer one for 1 ms. */
export const LONGEST_TIMER_MS = 24 * UNITS.d;
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Reads `500ms`, `30s`, `5m`, `2h`, `7d` and gives milliseconds, from `leastMs` to `longestMs`. @throws JamesError USAGE */
export function parseDuration(text: string, longestMs = LONGEST_MS, leastMs = 0): number {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount === undefined || unit === undefined)
    throw new JamesError("USAGE", `${JSON.stringify(text)} is not a length of time`, {
      hint: "Write a number and a unit: 500ms, 30s, 5m, 2h or 7d.",
    });
  const milliseconds = Math.round(Number(amount) * UNITS[unit as keyof typeof UNITS]);
  if (milliseconds >= leastMs && milliseconds <= longestMs) return milliseconds;
  const size = milliseconds < leastMs ? "short" : "long";
  throw new JamesError("USAGE", `${JSON.stringify(text)} is too ${size} a time`, {
    hint: `Write ${leastMs === 0 ? "" : `at least ${formatDuration(leastMs)} and `}at most ${formatDuration(longestMs)}.`,
  });
}
