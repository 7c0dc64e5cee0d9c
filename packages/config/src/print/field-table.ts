import type { Table } from "./table.ts";

/**
 * The keys of `data` and their values, as a person reads them: what has keys of its own becomes a line for each of them
 * (`desired.revision`), and a list of such things a line for each thing.
 */
export function fieldTable(data: unknown): Table {
  return { columns: ["field", "value"], rows: isKeyed(data) ? rowsOf(data, "") : [["", text(data)]] };
}

function rowsOf(keyed: object, prefix: string): readonly (readonly string[])[] {
  return Object.entries(keyed).flatMap(([key, value]) => fieldRows(`${prefix}${key}`, value));
}

function fieldRows(name: string, value: unknown): readonly (readonly string[])[] {
  if (isKeyed(value) && Object.keys(value).length > 0) return rowsOf(value, `${name}.`);
  if (Array.isArray(value) && value.some((item) => typeof item === "object" && item !== null))
    return value.map((item, i) => [i === 0 ? name : "", text(item)]);
  return [[name, text(value)]];
}

/** A value on one line. Of something with keys what is not there is left out. */
function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(inner).join(", ") || "-";
  if (!isKeyed(value)) return value === null || value === undefined || value === "" ? "-" : String(value);
  const said = Object.entries(value).map(([key, one]) => [key, inner(one)] as const);
  return (
    said
      .filter(([, one]) => one !== "-")
      .map(([key, one]) => `${key} ${one}`)
      .join("; ") || "-"
  );
}

/** Within a line: where it begins and ends has to be seen. */
function inner(value: unknown): string {
  const said = text(value);
  return isKeyed(value) && said !== "-" ? `(${said})` : said;
}

function isKeyed(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
