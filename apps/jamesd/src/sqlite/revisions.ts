import type { DocumentKey, Revision } from "@jamesd/model";
import { FIRST_DOCUMENTS, revisionMade } from "../repository/make-event.ts";
import type {
  Reverting,
  RevertingRevision,
  RevisionQuery,
  RevisionRecord,
  RevisionRequest,
  RevisionStore,
} from "../repository/revision-store.ts";
import type { SqliteDatabase } from "./database.ts";
import type { SqliteEvents } from "./events.ts";
import { bytes, integer, integerOrNull, objectOf, type Row, readRow, text, wordOf } from "./row.ts";

/** A revision that no commit has reached. */
export const LATEST = Number.MAX_SAFE_INTEGER;

const COLUMNS = "number, parent, author, message, time, reverts";

/** Which revisions of a document, or of all, are asked for. */
const ASKED = "number < :before AND time >= :since AND (:author IS NULL OR author = :author)";

/** The number of the next one. */
const NEXT = "SELECT 1 + max(skip, (SELECT coalesce(max(number), 0) FROM revisions)) AS number FROM history";

/** The history of a SQLite repository. */
export class SqliteRevisions implements RevisionStore {
  readonly #db: SqliteDatabase;
  readonly #events: SqliteEvents;
  readonly #statements;

  constructor(db: SqliteDatabase, events: SqliteEvents) {
    this.#db = db;
    this.#events = events;
    this.#statements = {
      all: db.prepare(`SELECT ${COLUMNS} FROM revisions WHERE ${ASKED} ORDER BY number DESC LIMIT :limit`),
      ofDocument: db.prepare(
        `SELECT ${COLUMNS} FROM revisions
         WHERE number IN (SELECT revision FROM documents WHERE kind = :kind AND id = :id) AND ${ASKED}
         ORDER BY number DESC LIMIT :limit`,
      ),
      documentsOf: db.prepare("SELECT kind, id FROM documents WHERE revision = ? LIMIT ?"),
      changedBy: db.prepare("SELECT count(*) AS number FROM documents WHERE revision = ?"),
      reverting: db.prepare(
        "SELECT number, reverts FROM revisions WHERE reverts IS NOT NULL AND number > ? ORDER BY number LIMIT ?",
      ),
      newest: db.prepare("SELECT coalesce(max(number), 0) AS number FROM revisions"),
      one: db.prepare(`SELECT ${COLUMNS} FROM revisions WHERE number = ?`),
      next: db.prepare(NEXT),
      add: db.prepare(
        `INSERT INTO revisions (${COLUMNS})
         VALUES (
           (${NEXT}),
           (SELECT max(number) FROM revisions), :author, :message, :time, :reverts
         )`,
      ),
      skip: db.prepare("UPDATE history SET skip = max(skip, ?)"),
      key: db.prepare("SELECT key FROM history"),
    };
  }

  async list(query: RevisionQuery): Promise<readonly RevisionRecord[]> {
    const { document, before = LATEST, author = null, since = 0, limit } = query;
    const { ofDocument, all } = this.#statements;
    const asked = { before, author, since, limit };
    return this.#db.read(() => {
      const rows = document
        ? ofDocument.all({ kind: document.kind, id: document.id, ...asked })
        : all.all(asked);
      return rows.map((row) => this.#record(row));
    });
  }

  async reverting(after: number, limit: number): Promise<readonly RevertingRevision[]> {
    return this.#db
      .read(() => this.#statements.reverting.all(after, limit))
      .map((row) => ({ ...toReverting(row), number: integer(row, "number") }));
  }

  async newest(): Promise<number> {
    return this.#db.read(() => this.newestNumber());
  }

  /** As `newest`; to be called within a transaction. */
  newestNumber(): number {
    return Number(this.#statements.newest.get()?.number);
  }

  async next(): Promise<number> {
    const row = this.#db.read(() => this.#statements.next.get());
    return readRow("history", () => integer(row ?? {}, "number"));
  }

  async get(number: number): Promise<Revision | undefined> {
    const row = this.#db.read(() => this.#statements.one.get(number));
    return row && toRevision(row);
  }

  async skip(upTo: number): Promise<void> {
    await this.#db.write(() => this.#statements.skip.run(upTo));
  }

  async historyKey(): Promise<Uint8Array> {
    const row = this.#db.read(() => this.#statements.key.get());
    return readRow("key of the history", () => bytes(row ?? {}, "key"));
  }

  /** Makes a revision that changes these documents; to be called within a transaction. @returns its number */
  add(documents: readonly DocumentKey[], request: RevisionRequest): number {
    const { author, message, time, reverts } = request;
    const row = { author, message, time, reverts: reverts ? JSON.stringify(reverts) : null };
    const number = Number(this.#statements.add.run(row).lastInsertRowid);
    this.#events.append(revisionMade(number, documents, request));
    return number;
  }

  #record(row: Row): RevisionRecord {
    const { changedBy, documentsOf } = this.#statements;
    const revision = toRevision(row);
    return {
      ...revision,
      ...(row.reverts !== null && { reverts: toReverting(row) }),
      changed: Number(changedBy.get(revision.number)?.number),
      documents: documentsOf.all(revision.number, FIRST_DOCUMENTS).map(readKey),
    };
  }
}

/** Which document a row is about. @throws JamesError STORE_CORRUPT */
export function readKey(row: Row): DocumentKey {
  return readRow(`document ${row.kind} ${row.id}`, () => toKey(row));
}

/** Which document a row is about. @throws TypeError */
export function toKey(row: Row): DocumentKey {
  return { kind: wordOf(row, "kind", ["device", "spec"]), id: text(row, "id") };
}

function toReverting(row: Row): Reverting {
  return readRow(`revision ${row.number}`, () => {
    const { to, document } = objectOf<Reverting>(row, "reverts");
    if (!Number.isSafeInteger(to)) throw new TypeError("reverts says no revision");
    return { to, ...(document && { document: toKey({ ...document }) }) };
  });
}

function toRevision(row: Row): Revision {
  return readRow(`revision ${row.number}`, () => ({
    number: integer(row, "number"),
    parent: integerOrNull(row, "parent"),
    author: text(row, "author"),
    message: text(row, "message"),
    time: integer(row, "time"),
  }));
}
