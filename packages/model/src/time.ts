/** Milliseconds since the epoch in ISO 8601, UTC, to the second: times as people read them, in every program. A number that is no time, as a device may have sent, as it is. */
export function isoTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return String(milliseconds);
  return date.toISOString().replace(/\.\d{3}Z$/, "Z");
}
