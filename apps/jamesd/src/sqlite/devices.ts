import type { DeviceState } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol";
import { deviceRemoved } from "../repository/make-event.ts";
import type { Origin } from "../repository/origin.ts";
import { type DeviceRecord, NEW_STANDING, type Repository, type Standing } from "../repository/repository.ts";
import type { SqliteDatabase } from "./database.ts";
import type { Append } from "./events.ts";
import { checkedList, integer, isInstalledApp, isText, objectOf, type Row, readRow, text } from "./row.ts";

/** Forgets a device; to be called within a transaction. */
export type Forget = (id: string, origin: Origin) => void;

/** The devices of a SQLite repository. */
export function sqliteDevices(
  db: SqliteDatabase,
  append: Append,
): Pick<Repository, "saveDevices" | "touchDevices" | "devices"> & { readonly forget: Forget } {
  const all = db.prepare(
    "SELECT id, state, agent, last_seen, last_transaction, retry, standing FROM devices ORDER BY id",
  );
  const touch = db.prepare("UPDATE devices SET last_seen = ? WHERE id = ?");
  const remove = db.prepare("DELETE FROM devices WHERE id = ?");
  const save = db.prepare(
    `INSERT INTO devices (id, state, agent, last_seen, last_transaction, retry, standing)
     VALUES (:id, :state, :agent, :lastSeen, :transaction, :retry, :standing)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, agent = excluded.agent,
       last_seen = excluded.last_seen, last_transaction = excluded.last_transaction, retry = excluded.retry,
       standing = excluded.standing`,
  );

  return {
    async saveDevices(records, events) {
      if (records.length === 0) return;
      db.write(() => {
        for (const record of records) save.run(toRow(record));
        for (const event of events) append(event);
      });
    },
    async touchDevices(seen) {
      if (seen.size === 0) return;
      db.write(() => {
        for (const [id, time] of seen) touch.run(time, id);
      });
    },
    forget(id, origin) {
      if (remove.run(id).changes > 0) append(deviceRemoved(id, origin));
    },
    async devices() {
      return db.read(() => all.all()).map(toRecord);
    },
  };
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
