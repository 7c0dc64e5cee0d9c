import type { DeviceState } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol";
import { type DeviceRecord, NEW_STANDING, type Standing } from "../repository/device-record.ts";
import type { DeviceStore } from "../repository/device-store.ts";
import type { Committed } from "../repository/document-store.ts";
import { deviceRemoved, type NewEvent } from "../repository/make-event.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import type { SqliteDatabase } from "./database.ts";
import type { SqliteDocuments } from "./documents.ts";
import type { SqliteEvents } from "./events.ts";
import { checkedList, integer, isInstalledApp, isText, objectOf, type Row, readRow, text } from "./row.ts";

const COLUMNS = "id, state, agent, last_seen, last_transaction, retry, standing";

/** The devices of a SQLite repository. */
export class SqliteDevices implements DeviceStore {
  readonly #db: SqliteDatabase;
  readonly #events: SqliteEvents;
  readonly #documents: SqliteDocuments;
  readonly #statements;

  constructor(db: SqliteDatabase, events: SqliteEvents, documents: SqliteDocuments) {
    this.#db = db;
    this.#events = events;
    this.#documents = documents;
    this.#statements = {
      all: db.prepare(`SELECT ${COLUMNS} FROM devices ORDER BY id`),
      touch: db.prepare("UPDATE devices SET last_seen = ? WHERE id = ?"),
      remove: db.prepare("DELETE FROM devices WHERE id = ?"),
      save: db.prepare(
        `INSERT INTO devices (${COLUMNS})
         VALUES (:id, :state, :agent, :lastSeen, :transaction, :retry, :standing)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, agent = excluded.agent,
           last_seen = excluded.last_seen, last_transaction = excluded.last_transaction, retry = excluded.retry,
           standing = excluded.standing`,
      ),
    };
  }

  async save(records: readonly DeviceRecord[], events: readonly NewEvent[]): Promise<void> {
    if (records.length === 0) return;
    this.#db.write(() => {
      for (const record of records) this.#statements.save.run(toRow(record));
      for (const event of events) this.#events.append(event);
    });
  }

  async touch(seen: ReadonlyMap<string, number>): Promise<void> {
    if (seen.size === 0) return;
    this.#db.write(() => {
      for (const [id, time] of seen) this.#statements.touch.run(time, id);
    });
  }

  async remove(id: string, request: RevisionRequest): Promise<Committed> {
    return this.#db.write(() => {
      const committed = this.#documents.change([{ kind: "device", id, content: null }], request);
      if (this.#statements.remove.run(id).changes > 0) this.#events.append(deviceRemoved(id, request));
      return committed;
    });
  }

  async all(): Promise<readonly DeviceRecord[]> {
    return this.#db.read(() => this.#statements.all.all()).map(toRecord);
  }
}

function toRow({ id, state, agent, lastSeen, transaction, retry, standing }: DeviceRecord) {
  return {
    id,
    state: JSON.stringify(state),
    agent,
    lastSeen,
    transaction: transaction === null ? null : JSON.stringify(transaction),
    retry,
    standing: JSON.stringify(standing),
  };
}

function toRecord(row: Row): DeviceRecord {
  return readRow(`device ${row.id}`, () => ({
    id: text(row, "id"),
    state: toState(row),
    agent: text(row, "agent"),
    lastSeen: integer(row, "last_seen"),
    transaction: row.last_transaction === null ? null : objectOf<Transaction>(row, "last_transaction"),
    retry: row.retry === null ? null : text(row, "retry"),
    standing: { ...NEW_STANDING, ...objectOf<Partial<Standing>>(row, "standing") },
  }));
}

function toState(row: Row): DeviceState {
  const state = objectOf<DeviceState>(row, "state");
  checkedList(state.systemtags, "systemtags", isText);
  checkedList(state.apps, "apps", isInstalledApp);
  return state;
}
