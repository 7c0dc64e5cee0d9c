/** Units of lengths of time, in milliseconds. */
export const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Writes milliseconds the way people read them: the largest unit that divides evenly. */
export function formatDuration(milliseconds: number): string {
  const fitting = Object.entries(DURATION_UNITS).findLast(
    ([, size]) => milliseconds >= size && milliseconds % size === 0,
  );
  return fitting ? `${milliseconds / fitting[1]}${fitting[0]}` : `${milliseconds}ms`;
}
