import { revocationLifted, revocationMade } from "../repository/make-event.ts";
import type { Origin } from "../repository/origin.ts";
import {
  type LockedOut,
  lockKey,
  type Revocation,
  type RevocationStore,
} from "../repository/revocation-store.ts";
import type { SqliteDatabase } from "./database.ts";
import type { SqliteEvents } from "./events.ts";
import { integer, type Row, readRow, text, textOrNull } from "./row.ts";

const COLUMNS = "key, name, serial, issuer, reason, author, address, time";

/** Who is locked out of a SQLite repository. */
export class SqliteRevocations implements RevocationStore {
  readonly #db: SqliteDatabase;
  readonly #events: SqliteEvents;
  readonly #statements;

  constructor(db: SqliteDatabase, events: SqliteEvents) {
    this.#db = db;
    this.#events = events;
    this.#statements = {
      all: db.prepare(`SELECT ${COLUMNS} FROM revocations ORDER BY sequence`),
      one: db.prepare(`SELECT ${COLUMNS} FROM revocations WHERE key = ?`),
      add: db.prepare(
        `INSERT INTO revocations (${COLUMNS})
         VALUES (:key, :name, :serial, :issuer, :reason, :author, :address, :time) ON CONFLICT (key) DO NOTHING`,
      ),
      remove: db.prepare(`DELETE FROM revocations WHERE key = ? RETURNING ${COLUMNS}`),
    };
  }

  async all(): Promise<readonly Revocation[]> {
    return this.#db.read(() => this.#statements.all.all()).map(toRevocation);
  }

  async get(key: string): Promise<Revocation | undefined> {
    const row = this.#db.read(() => this.#statements.one.get(key));
    return row && toRevocation(row);
  }

  async add(revocations: readonly Revocation[]): Promise<readonly Revocation[]> {
    return this.#db.write(() => {
      const added = revocations.filter(
        (revocation) => this.#statements.add.run(toRow(revocation)).changes > 0,
      );
      for (const revocation of added) this.#events.append(revocationMade(revocation));
      return added;
    });
  }

  async remove(locked: readonly LockedOut[], origin: Origin): Promise<readonly Revocation[]> {
    return this.#db.write(() => {
      const rows = locked.map((one) => this.#statements.remove.get(lockKey(one)));
      const removed = rows.filter((row) => row !== undefined).map(toRevocation);
      for (const revocation of removed) this.#events.append(revocationLifted(revocation, origin));
      return removed;
    });
  }
}

function toRow(revocation: Revocation) {
  const { locked, reason, author, address, time } = revocation;
  const { name, serial, issuer } = { name: null, serial: null, issuer: null, ...locked };
  return { key: lockKey(locked), name, serial, issuer, reason, author, address, time };
}

function toRevocation(row: Row): Revocation {
  return readRow(`revocation ${row.key}`, () => ({
    locked: toLocked(row),
    reason: text(row, "reason"),
    author: text(row, "author"),
    address: text(row, "address"),
    time: integer(row, "time"),
  }));
}

function toLocked(row: Row): LockedOut {
  if (row.name !== null) {
    const locked = { kind: "name", name: text(row, "name") } as const;
    return text(row, "key") === lockKey(locked) ? locked : { ...locked, devicesOnly: true };
  }
  return { kind: "certificate", serial: text(row, "serial"), issuer: textOrNull(row, "issuer") };
}
