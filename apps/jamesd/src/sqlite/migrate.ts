import type { DatabaseSync } from "node:sqlite";
import { JamesError } from "@jamesd/model";
import { MIGRATIONS } from "./migrations.ts";

/** From which version a database was brought to which one; 0: it is new. */
export interface Migrated {
  readonly from: number;
  readonly to: number;
  readonly tookMs: number;
}

/** Brings a database to the newest version, each step in one transaction. @throws JamesError STORE_CORRUPT when it is newer than this program @returns undefined: it was that already */
export function migrate(db: DatabaseSync, file: string, migrations = MIGRATIONS): Migrated | undefined {
  const [from, began] = [versionOf(db), performance.now()];
  let version = from;
  if (version > migrations.length) throw tooNew(file, version, migrations.length);
  while (version < migrations.length) {
    db.exec("BEGIN IMMEDIATE");
    // Read again: another process may have migrated while this one waited for the lock.
    version = versionOf(db);
    const step = migrations[version];
    if (step !== undefined) db.exec(`${step}; PRAGMA user_version = ${++version}`);
    db.exec("COMMIT");
  }
  return version === from ? undefined : { from, to: version, tookMs: Math.round(performance.now() - began) };
}

/** The version that a database has. */
export function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.user_version);
}

function tooNew(file: string, version: number, known: number): JamesError {
  return new JamesError(
    "STORE_CORRUPT",
    `the database ${file} has version ${version}, but this jamesd knows versions up to ${known}`,
    { hint: "Start the newer jamesd that wrote it, or go back to a backup made before the update." },
  );
}
