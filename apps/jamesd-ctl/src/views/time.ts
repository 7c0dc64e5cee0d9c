/** Milliseconds since the epoch in ISO 8601, UTC, to the second; a number that is no time, as a device may have sent, as it is. */
export function isoTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return String(milliseconds);
  return date.toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** Milliseconds since the epoch in ISO 8601, UTC, with the milliseconds. */
export function fullTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
