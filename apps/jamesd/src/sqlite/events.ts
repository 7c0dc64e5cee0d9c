import { setImmediate as letOthersRun } from "node:timers/promises";
import type { Event, NewEvent } from "../repository/event.ts";
import type { EventQuery, EventStore } from "../repository/event-store.ts";
import { changeOf } from "../repository/feed.ts";
import type { SqliteDatabase } from "./database.ts";
import { DeviceBound, type DeviceShare } from "./event-bound.ts";
import { eventSearch, type Search } from "./event-search.ts";
import type { SqliteFeed } from "./feed.ts";
import { integer, objectOf, type Row, readRow, text } from "./row.ts";
import { SqliteSelectors } from "./selectors.ts";

/** A page ends when its events have so many characters together: what devices sent is long at times. */
const PAGE_CHARACTERS = 4 * 1024 * 1024;
const EXPIRED_AT_ONCE = 10_000;

/** The event log of a SQLite repository. It keeps its share of each device. */
export class SqliteEvents implements EventStore {
  readonly #db: SqliteDatabase;
  readonly #feed: SqliteFeed;
  readonly #bound: DeviceBound;
  readonly #selectors: SqliteSelectors;
  readonly #listeners = new Set<() => void>();
  /** The listeners are to be called then. */
  #news: NodeJS.Immediate | undefined;
  readonly #statements;

  constructor(db: SqliteDatabase, feed: SqliteFeed, share: DeviceShare) {
    this.#db = db;
    this.#feed = feed;
    this.#bound = new DeviceBound(share);
    this.#selectors = new SqliteSelectors(db);
    this.#statements = {
      insert: db.prepare(
        `INSERT INTO events (time, kind, author, address, device, revision, data)
         VALUES (:time, :kind, :author, :address, :device, :revision, :data)`,
      ),
      sizes: db.prepare(
        "SELECT octet_length(data) AS bytes FROM events WHERE device = ? ORDER BY sequence DESC",
      ),
      expireOfDevice: db.prepare(
        `DELETE FROM events WHERE sequence IN
           (SELECT sequence FROM events WHERE device = ? ORDER BY sequence DESC LIMIT -1 OFFSET ?)`,
      ),
      expire: db.prepare(
        `DELETE FROM events WHERE sequence IN (SELECT sequence FROM events WHERE time < ? LIMIT ${EXPIRED_AT_ONCE})`,
      ),
      oldest: db.prepare("SELECT min(time) AS oldest FROM events"),
      // The plus has SQLite go through the index of times, and not through all events before that time.
      firstAt: db.prepare("SELECT min(+sequence) AS first FROM events WHERE time >= ?"),
    };
  }

  /** Writes an event, and the change that it may tell; to be called within the transaction of what it tells of. */
  append(event: NewEvent): void {
    const row = toRow(event);
    this.#statements.insert.run(row);
    const change = changeOf(event);
    if (change) this.#feed.append(change);
    if (row.device !== null && this.#bound.isOver(row.device, Buffer.byteLength(row.data)))
      this.#cut(row.device);
    this.tellNews();
  }

  async page(query: EventQuery): Promise<readonly Event[]> {
    const events = this.#db.read(() => {
      const search = this.#find(query);
      return search ? readPage(this.#db.prepare(search.sql).iterate(search.values)) : [];
    });
    return query.isLast ? events.reverse() : events;
  }

  async add(event: NewEvent): Promise<void> {
    await this.#db.write(() => this.append(event));
  }

  async expire(before: number, spanMs: number): Promise<number> {
    const row = this.#db.read(() => this.#statements.oldest.get());
    if (typeof row?.oldest !== "number") return 0;
    const until = Math.min(before, row.oldest + spanMs);
    for (let expired = 0; ; await letOthersRun()) {
      const changes = await this.#db.write(() => Number(this.#statements.expire.run(until).changes));
      expired += changes;
      if (changes < EXPIRED_AT_ONCE) return expired;
    }
  }

  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Has listeners told after the transaction, which ends within this turn, once for all of it; when it is rolled back, they look in vain. */
  tellNews(): void {
    if (this.#news) return;
    this.#news = setImmediate(() => {
      this.#news = undefined;
      for (const listener of this.#listeners) listener();
    });
  }

  #cut(device: string): void {
    const kept = this.#bound.within(bytesOf(this.#statements.sizes.iterate(device)));
    this.#statements.expireOfDevice.run(device, kept.events);
    this.#bound.cut(device, kept);
  }

  #find(query: EventQuery): Search | undefined {
    const first = this.#firstOf(query);
    if (first === undefined) return undefined;
    const specs = query.device ? this.#selectors.choosing(query.device.tags, query.device.id) : [];
    return eventSearch({ ...query, specs, first });
  }

  // Only a reader who begins, or reads backwards, has to be shown the place: it is looked for in all later times, because
  // the clock may have been set back.
  #firstOf({ since, after = 0, isLast }: EventQuery): number | undefined {
    if (since === undefined || (after > 0 && !isLast)) return 0;
    const row = this.#statements.firstAt.get(since);
    return typeof row?.first === "number" ? row.first : undefined;
  }
}

function* bytesOf(rows: Iterable<Row>): Generator<number> {
  for (const row of rows) yield integer(row, "bytes");
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
