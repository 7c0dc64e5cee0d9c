/** Milliseconds since the epoch in ISO 8601, UTC, to the second. */
export function isoTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch in ISO 8601, UTC, with the milliseconds. */
export function fullTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
