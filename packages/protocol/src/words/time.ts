/** A time in milliseconds in its largest unit that is full, such as `3 days`. */
export function timeLeft(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const [size, unit] = UNITS.find(([size]) => seconds >= 2 * size) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
}

const UNITS = [
  [86_400, "days"],
  [3600, "hours"],
  [60, "minutes"],
] as const;

/** Milliseconds since the epoch in ISO 8601, UTC, with the milliseconds. */
export function fullTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** A length of time in short, in its largest unit that is full: `11m`. */
export function roughTime(milliseconds: number): string {
  const [size, unit] = SHORT_UNITS.find(([size]) => milliseconds >= size) ?? [1000, "s"];
  return `${Math.floor(milliseconds / size)}${unit}`;
}

const SHORT_UNITS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
] as const;
