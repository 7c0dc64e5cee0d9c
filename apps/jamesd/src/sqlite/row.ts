import type { SQLOutputValue } from "node:sqlite";
import { type App, type InstalledApp, isDigest, JamesError } from "@jamesd/model";

/** A row as SQLite gives it. */
export type Row = Record<string, SQLOutputValue>;

/** Reads a row; whatever is wrong with it becomes an error that names the row. @throws JamesError STORE_CORRUPT */
export function readRow<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw brokenRow(name, thrown);
  }
}

/** @returns STORE_CORRUPT, for what was thrown while the row of this name was read */
export function brokenRow(name: string, thrown: unknown): JamesError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new JamesError("STORE_CORRUPT", `the ${name} is stored brokenly: ${reason}`, {
    hint: "Go back to a backup of the data folder, or remove it and make it anew.",
    cause: thrown,
  });
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`${column} is not a text`);
  return value;
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw new TypeError(`${column} is not an integer`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`${column} is not a blob`);
  return value;
}

/** A column's JSON; only its place is known to be of that type, not the fields within. */
export function objectOf<T extends object>(row: Row, column: string): T {
  const value: unknown = JSON.parse(text(row, column));
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new TypeError(`${column} is not an object`);
  return value as T;
}

export function objectOrNull<T extends object>(row: Row, column: string): T | null {
  return row[column] === null ? null : objectOf<T>(row, column);
}

/** A column that holds one of these words. */
export function wordOf<W extends string>(row: Row, column: string, words: readonly W[]): W {
  const value = text(row, column);
  const word = words.find((one) => one === value);
  if (word === undefined) throw new TypeError(`${column} is not known`);
  return word;
}

/** A column that holds a JSON list of which every item is as `isItem` wants it. */
export function listOf<T>(row: Row, column: string, isItem: (item: unknown) => item is T): readonly T[] {
  return checkedList(JSON.parse(text(row, column)), column, isItem);
}

/** A value that is a list of which every item is as `isItem` wants it. */
export function checkedList<T>(
  value: unknown,
  what: string,
  isItem: (item: unknown) => item is T,
): readonly T[] {
  if (!Array.isArray(value) || !value.every(isItem)) throw new TypeError(`${what} is not a list as expected`);
  return value;
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isApp(value: unknown): value is App {
  const app = value as Partial<App> | null;
  return typeof app?.name === "string" && Array.isArray(app.tags) && app.tags.every(isText);
}

export function isInstalledApp(value: unknown): value is InstalledApp {
  return isApp(value) && isDigest(String((value as Partial<InstalledApp>).digest));
}
