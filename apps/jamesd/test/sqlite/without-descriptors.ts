// Opens a database, argument 1, when no descriptor is left, and again when there are some; prints how that ended.
import { closeSync, openSync } from "node:fs";
import { JamesError } from "@jamesd/model";
import { SqliteDatabase } from "../../src/sqlite/database.ts";

const [, , file = ""] = process.argv;
const hoard: number[] = [];

function open(): string {
  try {
    SqliteDatabase.open(file).close();
    return "opened";
  } catch (thrown) {
    return thrown instanceof JamesError ? `${thrown.code} ${thrown.retryAfterMs}` : String(thrown);
  }
}

try {
  for (;;) hoard.push(openSync("/dev/null", "r"));
} catch {
  // Nothing is left.
}
const without = open();
for (const one of hoard) closeSync(one);
console.log(`${without}\n${open()}`);
