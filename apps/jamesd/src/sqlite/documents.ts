import {
  type DocumentChange,
  type DocumentContent,
  type DocumentKey,
  type DocumentVersion,
  type Steps,
  type StoredDocument,
  whole,
} from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { Committed, DocumentStore, Touch } from "../repository/document-store.ts";
import { isReal } from "../repository/expected.ts";
import type { RevisionRange, RevisionRequest } from "../repository/revision-store.ts";
import type { RolloutChange } from "../repository/rollout-store.ts";
import type { SqliteDatabase } from "./database.ts";
import type { SqliteEvents } from "./events.ts";
import type { SqliteFeed } from "./feed.ts";
import { LATEST, readKey, type SqliteRevisions, toKey } from "./revisions.ts";
import type { SqliteRollouts } from "./rollouts.ts";
import { checkedList, integer, isApp, isText, objectOf, type Row, readRow, text } from "./row.ts";

const COLUMNS = "kind, id, revision, content";
// SQLite gives the other columns of the row that max() found: https://sqlite.org/lang_select.html#bareagg
const NEWEST = `SELECT kind, id, max(revision) AS revision, content FROM documents`;
/** So many characters of contents are kept. */
const MAX_CONTENTS = 4_000_000;
/** What a removed spec chooses by, as JSON. */
const NO_SELECTOR = "null";
/** Of the revisions that are given as a list in JSON. */
const NOT_AMONG = "revision NOT IN (SELECT value FROM json_each(?))";
const NOTHING: ReadonlySet<number> = new Set();
/** More that change together are written in slices. */
const MOST_AT_ONCE = 1000;

/** What documents are stored beside. */
interface Beside {
  readonly revisions: SqliteRevisions;
  readonly rollouts: SqliteRollouts;
  readonly feed: SqliteFeed;
  /** Told of an event that was written by another connection. */
  readonly events: Pick<SqliteEvents, "tellNews">;
  /** The documents of another connection to the same database. */
  readonly by: (db: SqliteDatabase) => SqliteDocuments;
}

/** The desired states and specs of a SQLite repository. */
export class SqliteDocuments implements DocumentStore {
  readonly #db: SqliteDatabase;
  readonly #revisions: SqliteRevisions;
  readonly #rollouts: SqliteRollouts;
  readonly #feed: SqliteFeed;
  readonly #events: Beside["events"];
  readonly #by: Beside["by"];
  /** What devices have of their own, by the text that it is stored as. */
  readonly #contents = new LRUCache<string, DocumentContent>({
    maxSize: MAX_CONTENTS,
    sizeCalculation: (_, stored) => stored.length,
  });
  readonly #statements;

  constructor(db: SqliteDatabase, { revisions, rollouts, feed, events, by }: Beside) {
    this.#db = db;
    this.#events = events;
    this.#by = by;
    this.#revisions = revisions;
    this.#rollouts = rollouts;
    this.#feed = feed;
    this.#statements = {
      all: db.prepare(
        `SELECT ${COLUMNS} FROM (${NEWEST} WHERE revision <= ? GROUP BY kind, id) WHERE content IS NOT NULL ORDER BY kind, id`,
      ),
      among: db.prepare(
        `SELECT ${COLUMNS} FROM (
           ${NEWEST} WHERE revision <= ?
             AND (kind, id) IN (SELECT kind, id FROM documents WHERE revision > ? AND revision <= ?)
           GROUP BY kind, id
         ) WHERE content IS NOT NULL ORDER BY kind, id`,
      ),
      one: db.prepare(
        `SELECT ${COLUMNS} FROM documents WHERE kind = ? AND id = ? AND revision <= ? ORDER BY revision DESC LIMIT 1`,
      ),
      versions: db.prepare(`SELECT ${COLUMNS} FROM documents WHERE kind = ? AND id = ? ORDER BY revision`),
      specs: db.prepare(
        `SELECT ${COLUMNS} FROM (${NEWEST} WHERE kind = 'spec' AND ${NOT_AMONG} GROUP BY id) WHERE content IS NOT NULL ORDER BY id`,
      ),
      ownOf: db.prepare(
        `${NEWEST} WHERE kind = 'device' AND id IN (SELECT value FROM json_each(?)) AND revision <= ? GROUP BY id`,
      ),
      ownAfter: db.prepare(
        `SELECT ${COLUMNS} FROM (${NEWEST} WHERE kind = 'device' AND id > ? GROUP BY id) WHERE content IS NOT NULL LIMIT ?`,
      ),
      ownersAfter: db.prepare(
        "SELECT DISTINCT id FROM documents WHERE kind = 'device' AND id > ? ORDER BY id LIMIT ?",
      ),
      selectors: db.prepare(
        `SELECT id, revision, coalesce(content ->> '$.selector', 'null') AS selector FROM documents
         WHERE kind = 'spec' AND ${NOT_AMONG} ORDER BY id, revision`,
      ),
      madeIn: db.prepare(
        `SELECT ${COLUMNS} FROM documents WHERE revision > ? AND revision <= ? ORDER BY revision, kind, id`,
      ),
      touched: db.prepare(
        "SELECT DISTINCT kind, id FROM documents WHERE revision > ? AND revision <= ? ORDER BY kind, id",
      ),
      add: db.prepare(`INSERT INTO documents (${COLUMNS}) VALUES (?, ?, ?, ?)`),
    };
  }

  async commit(
    changes: readonly DocumentChange[],
    request: RevisionRequest,
    judgedAt?: number,
    rollouts?: RolloutChange,
  ): Promise<Committed> {
    const work = (documents: SqliteDocuments) => documents.#judged(changes, request, judgedAt, rollouts);
    if (changes.length <= MOST_AT_ONCE) return this.#db.write(() => whole(work(this)));
    const committed = await this.#db.writeInSlices((db) => work(this.#by(db)));
    this.#events.tellNews();
    return committed;
  }

  /** Changes documents as `commit` does; to be done within a transaction. */
  *change(
    changes: readonly DocumentChange[],
    request: RevisionRequest,
    rollouts: RolloutChange = {},
  ): Steps<Committed> {
    const real: (DocumentChange & { readonly stable: number })[] = [];
    for (const change of changes) {
      const before = this.#current(change);
      const stable = before?.revision ?? 0;
      if (isReal(change, stable, before?.content ?? null)) real.push({ ...change, stable });
      yield;
    }
    if (real.length === 0) return { revision: this.#revisions.newestNumber(), changed: [] };
    const revision = this.#revisions.add(real, request);
    yield* this.#rollouts.change(revision, rollouts, { documents: real, packet: null }, request);
    return { revision, changed: yield* this.#add(real, revision) };
  }

  *#judged(
    changes: readonly DocumentChange[],
    request: RevisionRequest,
    judgedAt: number | undefined,
    rollouts: RolloutChange | undefined,
  ): Steps<Committed> {
    this.#feed.require(judgedAt);
    return yield* this.change(changes, request, rollouts);
  }

  async all(revision = LATEST, touched?: RevisionRange): Promise<readonly StoredDocument[]> {
    const { all, among } = this.#statements;
    return this.#db
      .read(() => (touched ? among.all(revision, touched.after, touched.upTo) : all.all(revision)))
      .map(toVersion)
      .filter(isThere);
  }

  async get(key: DocumentKey, revision?: number): Promise<StoredDocument | undefined> {
    return this.#db.read(() => this.#current(key, revision));
  }

  async versions({ kind, id }: DocumentKey): Promise<readonly DocumentVersion[]> {
    return this.#db.read(() => this.#statements.versions.all(kind, id)).map(toVersion);
  }

  async madeIn({ after, upTo }: RevisionRange): Promise<readonly DocumentVersion[]> {
    return this.#db.read(() => this.#statements.madeIn.all(after, upTo)).map(toVersion);
  }

  async specs(except = NOTHING): Promise<readonly StoredDocument[]> {
    return this.#db
      .read(() => this.#statements.specs.all(listOf(except)))
      .map(toVersion)
      .filter(isThere);
  }

  async ownOf(ids: readonly string[], revision: number): Promise<readonly DocumentVersion[]> {
    const rows = this.#db.read(() => this.#statements.ownOf.all(JSON.stringify(ids), revision));
    return rows.map((row) => this.#toOwn(row));
  }

  async ownAfter(id: string, most: number): Promise<readonly StoredDocument[]> {
    const rows = this.#db.read(() => this.#statements.ownAfter.all(id, most));
    return rows.map((row) => this.#toOwn(row)).filter(isThere);
  }

  async ownersAfter(id: string, most: number): Promise<readonly string[]> {
    return this.#db.read(() => this.#statements.ownersAfter.all(id, most)).map((row) => text(row, "id"));
  }

  async touches(except = NOTHING): Promise<readonly Touch[]> {
    return this.#db.read(() => [...newestOfSelectors(this.#statements.selectors.iterate(listOf(except)))]);
  }

  async touched({ after, upTo }: RevisionRange): Promise<readonly DocumentKey[]> {
    return this.#db.read(() => this.#statements.touched.all(after, upTo)).map(readKey);
  }

  /** Many devices have the same of their own: what was read lately is not read again. */
  #toOwn(row: Row): DocumentVersion {
    const known = typeof row.content === "string" ? this.#contents.get(row.content) : undefined;
    if (known) return { ...readKey(row), revision: integer(row, "revision"), content: known };
    const version = toVersion(row);
    if (version.content) this.#contents.set(text(row, "content"), version.content);
    return version;
  }

  #current({ kind, id }: DocumentKey, revision = LATEST): StoredDocument | undefined {
    const row = this.#statements.one.get(kind, id, revision);
    const version = row && toVersion(row);
    return version && isThere(version) ? version : undefined;
  }

  *#add(changes: readonly DocumentChange[], revision: number): Steps<readonly DocumentVersion[]> {
    const versions: DocumentVersion[] = [];
    for (const { kind, id, content } of changes) {
      this.#statements.add.run(kind, id, revision, content && JSON.stringify(content));
      versions.push({ kind, id, revision, content });
      yield;
    }
    return versions;
  }
}

function listOf(revisions: ReadonlySet<number>): string {
  return JSON.stringify([...revisions]);
}

/** Of the versions of specs, oldest first: each is news to those whom it chooses, and to those whom the one before it chose. */
function newestOfSelectors(rows: Iterable<Row>): Iterable<Touch> {
  const newest = new Map<string, Touch>();
  const last = new Map<string, string>();
  for (const row of rows)
    readRow(`document spec ${row.id} at revision ${row.revision}`, () => {
      const [id, revision, selector] = [text(row, "id"), integer(row, "revision"), text(row, "selector")];
      for (const chosen of new Set([last.get(id) ?? NO_SELECTOR, selector]))
        if (chosen !== NO_SELECTOR && (newest.get(chosen)?.revision ?? 0) < revision)
          newest.set(chosen, {
            selector: checkedList(JSON.parse(chosen), "selector", isText),
            revision,
          });
      last.set(id, selector);
    });
  return newest.values();
}

function isThere(version: DocumentVersion): version is StoredDocument {
  return version.content !== null;
}

function toVersion(row: Row): DocumentVersion {
  return readRow(`document ${row.kind} ${row.id} at revision ${row.revision}`, () => ({
    ...toKey(row),
    revision: integer(row, "revision"),
    content: row.content === null ? null : toContent(row),
  }));
}

function toContent(row: Row): DocumentContent {
  const { selector, apps, policy, rollout } = objectOf<DocumentContent>(row, "content");
  return {
    selector: checkedList(selector, "selector", isText),
    apps: checkedList(apps, "apps", isApp),
    policy,
    ...(rollout && { rollout }),
  };
}
