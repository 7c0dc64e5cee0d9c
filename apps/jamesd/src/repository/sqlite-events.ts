import { setImmediate as turn } from "node:timers/promises";
import type { Event } from "@jamesd/protocol";
import type { NewEvent } from "./make-event.ts";
import type { EventQuery, Repository } from "./repository.ts";
import { integer, objectOf, type Row, readRow, text } from "./row.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** So many events of one device are kept, so that none of them fills the disk; looked at every so many events. */
const MOST_OF_DEVICE = 10_000;
const LOOK_EVERY = 100;
/** A page ends when its events have so many characters together: what devices sent is long at times. */
const PAGE_CHARACTERS = 4 * 1024 * 1024;
const EXPIRED_AT_ONCE = 10_000;

/** Writes an event; to be called within the transaction of what it tells of. */
export type Append = (event: NewEvent) => void;

// Revisions concern a device that changed its own document, or a spec that, at one time, chose its tags.
const CONCERNS_DEVICE = `sequence IN (
  SELECT sequence FROM events WHERE device = :device
  UNION SELECT sequence FROM events WHERE revision IN (
    SELECT revision FROM documents WHERE kind = 'device' AND id = :device
    UNION SELECT revision FROM documents WHERE kind = 'spec' AND id IN (
      SELECT id FROM documents WHERE kind = 'spec' AND content IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM json_each(content, '$.selector') WHERE value NOT IN (SELECT value FROM json_each(:tags))))))`;

/** The event log of a SQLite repository. */
export function sqliteEvents(
  db: SqliteDatabase,
): Pick<Repository, "events" | "expireEvents" | "onEvents"> & { readonly append: Append } {
  const insert = db.prepare(
    `INSERT INTO events (time, kind, author, address, device, revision, data)
     VALUES (:time, :kind, :author, :address, :device, :revision, :data)`,
  );
  const expireOfDevice = db.prepare(
    `DELETE FROM events WHERE sequence IN
       (SELECT sequence FROM events WHERE device = ? ORDER BY sequence DESC LIMIT -1 OFFSET ${MOST_OF_DEVICE})`,
  );
  const expire = db.prepare(
    `DELETE FROM events WHERE sequence IN (SELECT sequence FROM events WHERE time < ? LIMIT ${EXPIRED_AT_ONCE})`,
  );
  const listeners = new Set<() => void>();

  return {
    append(event) {
      const row = toRow(event);
      const sequence = Number(insert.run(row).lastInsertRowid);
      if (row.device !== null && sequence % LOOK_EVERY === 0) expireOfDevice.run(row.device);
      // After the transaction, which ends within this turn; when it is rolled back, they look in vain.
      setImmediate(() => {
        for (const listener of listeners) listener();
      });
    },
    async events(query) {
      const { where, values } = conditions(query);
      const order = query.isLast ? "DESC" : "ASC";
      const page = db.prepare(`SELECT * FROM events ${where} ORDER BY sequence ${order} LIMIT :limit`);
      const events = db.read(() => readPage(page.iterate({ ...values, limit: query.limit })));
      return query.isLast ? events.reverse() : events;
    },
    async expireEvents(before) {
      for (let expired = 0; ; await turn()) {
        const changes = db.write(() => Number(expire.run(before).changes));
        expired += changes;
        if (changes < EXPIRED_AT_ONCE) return expired;
      }
    },
    onEvents(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function conditions({ device, kinds, since, until, after, before }: EventQuery) {
  const given: readonly (readonly [condition: string, values: Record<string, string | number>])[] = [
    ...(device
      ? [[CONCERNS_DEVICE, { device: device.id, tags: JSON.stringify(device.systemtags) }] as const]
      : []),
    ...(kinds
      ? [["kind IN (SELECT value FROM json_each(:kinds))", { kinds: JSON.stringify(kinds) }] as const]
      : []),
    ...(since === undefined
      ? []
      : [
          // The first part finds the place at once; the second counts when the clock was set back.
          [
            "sequence >= (SELECT min(sequence) FROM events WHERE time >= :since) AND time >= :since",
            { since },
          ] as const,
        ]),
    ...(until === undefined ? [] : [["time < :until", { until }] as const]),
    ...(after === undefined ? [] : [["sequence > :after", { after }] as const]),
    ...(before === undefined ? [] : [["sequence < :before", { before }] as const]),
  ];
  return {
    where: given.length === 0 ? "" : `WHERE ${given.map(([condition]) => condition).join(" AND ")}`,
    values: Object.assign({}, ...given.map(([, values]) => values)) as Record<string, string | number>,
  };
}

function readPage(rows: Iterable<Row>): Event[] {
  const events: Event[] = [];
  let characters = 0;
  for (const row of rows) {
    events.push(toEvent(row));
    characters += text(row, "data").length;
    if (characters >= PAGE_CHARACTERS) break;
  }
  return events;
}

function toRow(event: NewEvent) {
  const { time, kind, author, address, ...rest } = event;
  const device = "device" in rest ? rest.device : null;
  const revision = "revision" in rest ? rest.revision : null;
  const data = Object.fromEntries(Object.entries(rest).filter(([name]) => name !== "device"));
  return { time, kind, author, address, device, revision, data: JSON.stringify(data) };
}

// What is in it was checked before it was written, and is never changed.
function toEvent(row: Row): Event {
  return readRow(
    `event ${row.sequence}`,
    () =>
      ({
        sequence: integer(row, "sequence"),
        time: integer(row, "time"),
        kind: text(row, "kind"),
        author: text(row, "author"),
        address: text(row, "address"),
        ...(row.device !== null && { device: text(row, "device") }),
        ...objectOf<object>(row, "data"),
      }) as Event,
  );
}
