import { JamesError } from "@jamesd/model";

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** A century: no time that is told apart from "for ever" is longer, and any clock can count it. */
const LONGEST_MS = 36_500 * UNITS.d;
/** The longest time that a timer of Node counts, in whole days; it takes any longer one for 1 ms. */
export const LONGEST_TIMER_MS = 24 * UNITS.d;
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Reads `500ms`, `30s`, `5m`, `2h`, `7d` and gives milliseconds, at most `longestMs`. @throws JamesError USAGE */
export function parseDuration(text: string, longestMs = LONGEST_MS): number {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount === undefined || unit === undefined)
    throw new JamesError("USAGE", `${JSON.stringify(text)} is not a length of time`, {
      hint: "Write a number and a unit: 500ms, 30s, 5m, 2h or 7d.",
    });
  const milliseconds = Math.round(Number(amount) * UNITS[unit as keyof typeof UNITS]);
  if (milliseconds <= longestMs) return milliseconds;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is too long a time`, {
    hint: `Write at most ${formatDuration(longestMs)}.`,
  });
}

/** Writes milliseconds the way people read them: the largest unit that divides evenly. */
export function formatDuration(milliseconds: number): string {
  const fitting = Object.entries(UNITS).findLast(
    ([, size]) => milliseconds >= size && milliseconds % size === 0,
  );
  return fitting ? `${milliseconds / fitting[1]}${fitting[0]}` : `${milliseconds}ms`;
}
