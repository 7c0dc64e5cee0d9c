import { dirname } from "node:path";
import { makeFolder } from "../blobs/durable.ts";
import type { Repository } from "./repository.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { sqliteDeltas } from "./sqlite-deltas.ts";
import { sqliteDevices } from "./sqlite-devices.ts";
import { sqliteDocuments } from "./sqlite-documents.ts";
import { sqliteEvents } from "./sqlite-events.ts";
import { sqlitePackets } from "./sqlite-packets.ts";

/**
 * Opens the embedded repository in a SQLite file, made with its folder when missing.
 * @throws JamesError STORE_CORRUPT when the file is broken or of a newer version, FILE_UNREADABLE when it cannot be opened
 */
export async function openSqliteRepository(file: string): Promise<Repository> {
  await makeFolder(dirname(file));
  const db = SqliteDatabase.open(file);
  const { append, ...log } = sqliteEvents(db);
  const { forget, ...devices } = sqliteDevices(db, append);
  return {
    ...sqlitePackets(db, append),
    ...devices,
    ...sqliteDocuments(db, append, forget),
    ...sqliteDeltas(db),
    ...log,
    // Every call ends within one turn of the event loop, so nothing can be under way here.
    close: async () => db.close(),
  };
}

/**
 * Copies what a SQLite file holds at one moment, also while a server works on it; the copy is not durable yet.
 * @throws JamesError STORAGE_FULL, STORE_CORRUPT, FILE_UNREADABLE
 */
export function snapshotSqlite(file: string, copy: string): void {
  SqliteDatabase.snapshot(file, copy);
}
