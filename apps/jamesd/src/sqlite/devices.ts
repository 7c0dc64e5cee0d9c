import { type DeviceState, type DriftReport, sameTags, sortedTags, type Tag, whole } from "@jamesd/model";
import {
  type DeviceRecord,
  type GoWish,
  NEW_STANDING,
  type Reinstall,
  type Standing,
} from "../device/device-record.ts";
import { digestOfApps } from "../device/digest-of-apps.ts";
import type { Transaction } from "../device/report.ts";
import type { DeviceRow } from "../repository/device-row.ts";
import type { DeviceStore, Seen } from "../repository/device-store.ts";
import type { Committed } from "../repository/document-store.ts";
import type { NewEvent } from "../repository/event.ts";
import { deviceRemoved, deviceTagged } from "../repository/make-event.ts";
import type { Origin } from "../repository/origin.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import type { SqliteDatabase } from "./database.ts";
import { SqliteDeviceRows } from "./device-rows.ts";
import type { SqliteDocuments } from "./documents.ts";
import type { SqliteEvents } from "./events.ts";
import type { SqliteFeed } from "./feed.ts";
import {
  checkedList,
  integer,
  integerOrNull,
  isInstalledApp,
  isText,
  listOf,
  objectOf,
  objectOrNull,
  type Row,
  readRow,
  text,
  textOrNull,
} from "./row.ts";

const COLUMNS =
  "id, state, given_tags, agent, features, unmerged, last_seen, cert_ends, cert_issuer, cert_serial, renew, last_transaction, retry, reinstall, standing, drift, verify, go";

/** The whole fleet may have been seen; others want their turn of the event loop. */
const SEEN_AT_ONCE = 500;

/** What else a change of devices is written to. */
export interface DevicesParts {
  readonly feed: SqliteFeed;
  readonly events: SqliteEvents;
  readonly documents: SqliteDocuments;
}

/** The devices of a SQLite repository. */
export class SqliteDevices implements DeviceStore {
  readonly #db: SqliteDatabase;
  readonly #parts: DevicesParts;
  readonly #rows: SqliteDeviceRows;
  readonly #statements;

  constructor(db: SqliteDatabase, parts: DevicesParts) {
    this.#db = db;
    this.#parts = parts;
    this.#rows = new SqliteDeviceRows(db);
    this.#statements = {
      one: db.prepare(`SELECT ${COLUMNS} FROM devices WHERE id = ?`),
      some: db.prepare(`SELECT ${COLUMNS} FROM devices WHERE id IN (SELECT value FROM json_each(?))`),
      noteSeen: db.prepare(
        `UPDATE devices SET last_seen = :time, cert_ends = coalesce(:certEnds, cert_ends),
           cert_issuer = coalesce(:certIssuer, cert_issuer), cert_serial = coalesce(:certSerial, cert_serial) WHERE id = :id`,
      ),
      given: db.prepare("SELECT given_tags FROM devices WHERE id = ?"),
      giveTags: db.prepare("UPDATE devices SET given_tags = ? WHERE id = ?"),
      remove: db.prepare("DELETE FROM devices WHERE id = ?"),
      awaited: db.prepare("SELECT given_tags FROM awaited_devices WHERE id = ?"),
      await: db.prepare("INSERT OR REPLACE INTO awaited_devices (id, given_tags) VALUES (?, ?)"),
      came: db.prepare("DELETE FROM awaited_devices WHERE id = ?"),
      save: db.prepare(
        `INSERT INTO devices (${COLUMNS}, apps_digest)
         VALUES (:id, :state, :given, :agent, :features, :unmerged, :lastSeen, :certEnds, :certIssuer, :certSerial, :renew, :transaction, :retry, :reinstall, :standing, :drift, :verify, :go, :appsDigest)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, apps_digest = excluded.apps_digest, agent = excluded.agent, features = excluded.features, unmerged = excluded.unmerged,
           last_seen = excluded.last_seen, cert_ends = excluded.cert_ends,
           cert_issuer = excluded.cert_issuer, cert_serial = excluded.cert_serial, renew = excluded.renew, last_transaction = excluded.last_transaction, retry = excluded.retry,
           standing = excluded.standing, drift = excluded.drift, verify = excluded.verify, reinstall = excluded.reinstall, go = excluded.go`,
      ),
    };
  }

  async save(
    records: readonly DeviceRecord[],
    events: readonly NewEvent[],
    judgedAt?: number,
  ): Promise<void> {
    if (records.length === 0) return;
    await this.#db.gather(() => {
      this.#parts.feed.require(judgedAt);
      for (const record of records) {
        this.#statements.save.run(toRow(record));
        this.#statements.came.run(record.id);
      }
      for (const event of events) this.#parts.events.append(event);
    });
  }

  async giveTags(id: string, tags: readonly Tag[], origin: Origin, judgedAt?: number): Promise<void> {
    await this.#db.write(() => {
      this.#parts.feed.require(judgedAt);
      const before = this.#given(id);
      if (before) this.#give(id, before, tags, origin);
    });
  }

  async awaitedTags(id: string): Promise<readonly Tag[]> {
    const row = this.#db.read(() => this.#statements.awaited.get(id));
    return row ? toGiven(row) : [];
  }

  /** True of one that has checked in; to be asked within a transaction. */
  isKnown(id: string): boolean {
    return this.#given(id) !== undefined;
  }

  /** Gives a device tags besides those that it has, also one that is still to check in; to be called within the transaction of its enrolment. */
  giveAtEnrolment(id: string, tags: readonly Tag[], origin: Origin): void {
    const before = this.#given(id);
    if (!before) return void this.#statements.await.run(id, JSON.stringify(tags));
    const after = sortedTags([...before, ...tags]);
    if (!sameTags(before, after)) this.#give(id, before, after, origin);
  }

  async noteSeen(seen: ReadonlyMap<string, Seen>): Promise<void> {
    const all = [...seen];
    for (let at = 0; at < all.length; at += SEEN_AT_ONCE) {
      const some = all.slice(at, at + SEEN_AT_ONCE);
      await this.#db.gather(() => {
        for (const [id, { time, certEnds = null, certIssuer = null, certSerial = null }] of some)
          this.#statements.noteSeen.run({ id, time, certEnds, certIssuer, certSerial });
      });
    }
  }

  async remove(id: string, request: RevisionRequest, judgedAt?: number): Promise<Committed> {
    const { feed, events, documents } = this.#parts;
    return this.#db.write(() => {
      feed.require(judgedAt);
      const committed = whole(documents.change([{ kind: "device", id, content: null }], request));
      this.#statements.came.run(id);
      if (this.#statements.remove.run(id).changes > 0) events.append(deviceRemoved(id, request));
      return committed;
    });
  }

  async get(id: string): Promise<DeviceRecord | undefined> {
    const row = this.#db.read(() => this.#statements.one.get(id));
    return row && toRecord(row);
  }

  async getAll(ids: readonly string[]): Promise<readonly DeviceRecord[]> {
    return this.#db.read(() => this.#statements.some.all(JSON.stringify(ids))).map(toRecord);
  }

  rowsAfter(id: string, most: number): Promise<readonly DeviceRow[]> {
    return this.#rows.after(id, most);
  }

  #given(id: string): readonly Tag[] | undefined {
    const row = this.#statements.given.get(id);
    return row && toGiven(row);
  }

  #give(id: string, before: readonly Tag[], after: readonly Tag[], origin: Origin): void {
    this.#statements.giveTags.run(JSON.stringify(after), id);
    this.#parts.events.append(deviceTagged(id, { before, after }, origin));
  }
}

function toRow(record: DeviceRecord) {
  const { id, state, given, agent, features, lastSeen, certEnds, transaction, retry } = record;
  const { reinstall, standing, drift, verify, go, unmerged, certIssuer, certSerial, renew } = record;
  return {
    id,
    state: JSON.stringify(state),
    appsDigest: digestOfApps(state.apps),
    given: JSON.stringify(given),
    agent,
    features: JSON.stringify(features),
    unmerged: JSON.stringify(unmerged),
    lastSeen,
    ...{ certEnds, certIssuer, certSerial, renew },
    transaction: transaction === null ? null : JSON.stringify(transaction),
    retry,
    reinstall: reinstall && JSON.stringify(reinstall),
    standing: JSON.stringify(standing),
    drift: drift === null ? null : JSON.stringify(drift),
    verify,
    go: go === null ? null : JSON.stringify(go),
  };
}

function toRecord(row: Row): DeviceRecord {
  return readRow(`device ${row.id}`, () => ({
    id: text(row, "id"),
    state: toState(row),
    given: toGiven(row),
    agent: text(row, "agent"),
    features: listOf(row, "features", isText),
    unmerged: listOf(row, "unmerged", isText),
    lastSeen: integer(row, "last_seen"),
    certEnds: integerOrNull(row, "cert_ends"),
    certIssuer: textOrNull(row, "cert_issuer"),
    certSerial: textOrNull(row, "cert_serial"),
    renew: textOrNull(row, "renew"),
    transaction: objectOrNull<Transaction>(row, "last_transaction"),
    reinstall: objectOrNull<Reinstall>(row, "reinstall"),
    retry: textOrNull(row, "retry"),
    drift: objectOrNull<DriftReport>(row, "drift"),
    go: objectOrNull<GoWish>(row, "go"),
    verify: textOrNull(row, "verify"),
    standing: { ...NEW_STANDING, ...objectOf<Partial<Standing>>(row, "standing") },
  }));
}

function toGiven(row: Row): readonly Tag[] {
  return listOf(row, "given_tags", isText);
}

function toState(row: Row): DeviceState {
  const state = objectOf<DeviceState>(row, "state");
  checkedList(state.systemtags, "systemtags", isText);
  checkedList(state.apps, "apps", isInstalledApp);
  return state;
}
