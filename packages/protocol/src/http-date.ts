/** A date of an HTTP field in milliseconds since the epoch (RFC 9110, section 5.6.7); undefined for anything else. */
export function parseHttpDate(field: string | undefined): number | undefined {
  const text = field?.trim() ?? "";
  // Every form of HTTP-date begins with the name of a day; `Date.parse` alone takes much more than dates.
  const date = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}
