/** Rows as a table for spreadsheets (RFC 4180). */
export function csvOf(rows: Iterable<readonly string[]>): string {
  return [...rows].map((cells) => `${cells.map(cellOf).join(",")}\r\n`).join("");
}

/** What a spreadsheet would take for a formula gets an apostrophe before it: ids and tags are of devices, and theirs to choose. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
