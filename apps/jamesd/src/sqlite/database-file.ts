import { chmodSync, existsSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { JamesError } from "@jamesd/model";

/** For others that write to the same file, such as an earlier process that has not ended yet. */
export const BUSY_TIMEOUT_MS = 5_000;

/** Opens a file to read and write; it is made when missing. */
export function connect(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: BUSY_TIMEOUT_MS });
  // FULL, because NORMAL loses acknowledged commits in a power cut.
  db.exec("PRAGMA synchronous = FULL");
  return db;
}

/**
 * Opens a file only to read it. Where there is no log, as where no server runs, the file is all there is, and SQLite is
 * told so: else it would make a log. A server that starts meanwhile leaves the file as it is until its log has grown.
 */
export function openReadOnly(file: string): DatabaseSync {
  const url = pathToFileURL(file);
  if (!existsSync(`${file}-wal`)) url.search = "immutable=1";
  return new DatabaseSync(url, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
}

/** Which files stand in the place of a database and its log. */
export function fileId(file: string): string {
  return [file, `${file}-wal`]
    .map((path) => statSync(path, { throwIfNoEntry: false }))
    .map((stats) => `${stats?.dev}:${stats?.ino}`)
    .join();
}

/** A file in which nothing is that this program wrote. */
export function notOurs(file: string): JamesError {
  return new JamesError("STORE_CORRUPT", `${file} is empty, or no database of jamesd`, {
    hint: "Go back to a backup of the data folder.",
  });
}

/** Has nobody else read a file: earlier versions left that to the umask, and new ones get the mode of the first. */
export function closeToOthers(file: string): void {
  try {
    chmodSync(file, 0o600);
  } catch {
    // It is not there yet, or somebody else's: opening it says what matters of that.
  }
}
