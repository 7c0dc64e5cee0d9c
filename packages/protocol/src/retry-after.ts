import { parseHttpDate } from "./http-date.ts";

/**
 * Milliseconds to wait that a `Retry-After` field wants: seconds, or a date, of which one that has passed is no wait
 * (RFC 9110, section 10.2.3). Undefined for anything else.
 */
export function parseRetryAfter(field: string | undefined, now: number): number | undefined {
  const text = field?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = parseHttpDate(text);
  return date === undefined ? undefined : Math.max(0, date - now);
}
