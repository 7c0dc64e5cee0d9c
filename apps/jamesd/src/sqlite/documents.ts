import type {
  DocumentChange,
  DocumentContent,
  DocumentKey,
  DocumentVersion,
  Revision,
  StoredDocument,
} from "@jamesd/model";
import { isReal } from "../repository/expected.ts";
import { FIRST_DOCUMENTS, revisionMade } from "../repository/make-event.ts";
import type { Committed, Repository, RevisionRequest, Touch } from "../repository/repository.ts";
import type { SqliteDatabase } from "./database.ts";
import type { Forget } from "./devices.ts";
import type { Append } from "./events.ts";
import { bytes, checkedList, integer, isApp, isText, objectOf, type Row, readRow, text } from "./row.ts";

const COLUMNS = "kind, id, revision, content";
// SQLite gives the other columns of the row that max() found: https://sqlite.org/lang_select.html#bareagg
const NEWEST = `SELECT kind, id, max(revision) AS revision, content FROM documents`;
/** A revision that no commit has reached. */
const LATEST = Number.MAX_SAFE_INTEGER;
/** What a removed spec chooses by, as JSON. */
const NO_SELECTOR = "null";

type DocumentMethods = Pick<
  Repository,
  | "commit"
  | "removeDevice"
  | "documents"
  | "document"
  | "versions"
  | "touches"
  | "touched"
  | "revisions"
  | "newestRevision"
  | "revision"
  | "skipRevisions"
  | "historyKey"
>;

/** The desired states and specs of a SQLite repository with their history. `forget` takes away the rest of a device. */
export function sqliteDocuments(db: SqliteDatabase, append: Append, forget: Forget): DocumentMethods {
  const all = db.prepare(
    `SELECT ${COLUMNS} FROM (${NEWEST} WHERE revision <= ? GROUP BY kind, id) WHERE content IS NOT NULL ORDER BY kind, id`,
  );
  const among = db.prepare(
    `SELECT ${COLUMNS} FROM (
       ${NEWEST} WHERE revision <= ?
         AND (kind, id) IN (SELECT kind, id FROM documents WHERE revision > ? AND revision <= ?)
       GROUP BY kind, id
     ) WHERE content IS NOT NULL ORDER BY kind, id`,
  );
  const one = db.prepare(
    `SELECT ${COLUMNS} FROM documents WHERE kind = ? AND id = ? AND revision <= ? ORDER BY revision DESC LIMIT 1`,
  );
  const versions = db.prepare(`SELECT ${COLUMNS} FROM documents WHERE kind = ? AND id = ? ORDER BY revision`);
  const touchedDevices = db.prepare(
    "SELECT id, max(revision) AS revision FROM documents WHERE kind = 'device' GROUP BY id",
  );
  const selectors = db.prepare(
    `SELECT id, revision, coalesce(content ->> '$.selector', 'null') AS selector FROM documents
     WHERE kind = 'spec' ORDER BY id, revision`,
  );
  const touched = db.prepare(
    "SELECT DISTINCT kind, id FROM documents WHERE revision > ? AND revision <= ? ORDER BY kind, id",
  );
  const history = db.prepare(
    "SELECT number, parent, author, message, time FROM revisions WHERE number < ? ORDER BY number DESC LIMIT ?",
  );
  const historyOf = db.prepare(
    `SELECT number, parent, author, message, time FROM revisions
     WHERE number IN (SELECT revision FROM documents WHERE kind = ? AND id = ?) AND number < ?
     ORDER BY number DESC LIMIT ?`,
  );
  const documentsOf = db.prepare("SELECT kind, id FROM documents WHERE revision = ? LIMIT ?");
  const changedBy = db.prepare("SELECT count(*) AS number FROM documents WHERE revision = ?");
  const newest = db.prepare("SELECT coalesce(max(number), 0) AS number FROM revisions");
  const addRevision = db.prepare(
    `INSERT INTO revisions (number, parent, author, message, time)
     VALUES (
       (SELECT 1 + max(skip, (SELECT coalesce(max(number), 0) FROM revisions)) FROM history),
       (SELECT max(number) FROM revisions), :author, :message, :time
     )`,
  );
  const numbered = db.prepare("SELECT number, parent, author, message, time FROM revisions WHERE number = ?");
  const skip = db.prepare("UPDATE history SET skip = max(skip, ?)");
  const key = db.prepare("SELECT key FROM history");
  const add = db.prepare(`INSERT INTO documents (${COLUMNS}) VALUES (?, ?, ?, ?)`);

  const current = ({ kind, id }: DocumentKey, revision = LATEST): StoredDocument | undefined => {
    const row = one.get(kind, id, revision);
    const version = row && toVersion(row);
    return version && isThere(version) ? version : undefined;
  };
  const newestNumber = (): number => Number(newest.get()?.number);
  const store = (changes: readonly DocumentChange[], request: RevisionRequest) => {
    const { author, message, time } = request;
    const revision = Number(addRevision.run({ author, message, time }).lastInsertRowid);
    append(revisionMade(revision, changes, request));
    return changes.map(({ kind, id, content }): DocumentVersion => {
      add.run(kind, id, revision, content && JSON.stringify(content));
      return { kind, id, revision, content };
    });
  };

  const commit = (changes: readonly DocumentChange[], request: RevisionRequest): Committed => {
    const real = changes.filter((change) => {
      const before = current(change);
      return isReal(change, before?.revision ?? 0, before?.content ?? null);
    });
    const changed = real.length === 0 ? [] : store(real, request);
    return { revision: newestNumber(), changed };
  };

  return {
    async commit(changes, request) {
      return db.write(() => commit(changes, request));
    },
    async removeDevice(id, request) {
      return db.write(() => {
        const committed = commit([{ kind: "device", id, content: null }], request);
        forget(id, request);
        return committed;
      });
    },
    async documents(revision = LATEST, touched) {
      return db
        .read(() => (touched ? among.all(revision, touched.after, touched.upTo) : all.all(revision)))
        .map(toVersion)
        .filter(isThere);
    },
    async document(key, revision) {
      return db.read(() => current(key, revision));
    },
    async versions({ kind, id }) {
      return db.read(() => versions.all(kind, id)).map(toVersion);
    },
    async touches() {
      return db.read(() => [
        ...touchedDevices.all().map((row) => readRow(`document device ${row.id}`, () => toTouch(row))),
        ...newestOfSelectors(selectors.iterate()),
      ]);
    },
    async touched(after, upTo) {
      return db.read(() => touched.all(after, upTo)).map(readKey);
    },
    async revisions({ document, before = LATEST, limit }) {
      return db.read(() => {
        const rows = document
          ? historyOf.all(document.kind, document.id, before, limit)
          : history.all(before, limit);
        return rows.map(toRevision).map((revision) => ({
          ...revision,
          changed: Number(changedBy.get(revision.number)?.number),
          documents: documentsOf.all(revision.number, FIRST_DOCUMENTS).map(readKey),
        }));
      });
    },
    async newestRevision() {
      return db.read(newestNumber);
    },
    async revision(number) {
      const row = db.read(() => numbered.get(number));
      return row && toRevision(row);
    },
    async skipRevisions(upTo) {
      db.write(() => skip.run(upTo));
    },
    async historyKey() {
      const row = db.read(() => key.get());
      return readRow("key of the history", () => bytes(row ?? {}, "key"));
    },
  };
}

function readKey(row: Row): DocumentKey {
  return readRow(`document ${row.kind} ${row.id}`, () => toKey(row));
}

function toTouch(row: Row): Touch {
  return { device: text(row, "id"), revision: integer(row, "revision") };
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

function toKey(row: Row): DocumentKey {
  const kind = text(row, "kind");
  if (kind !== "device" && kind !== "spec") throw new TypeError("kind is not known");
  return { kind, id: text(row, "id") };
}

function toContent(row: Row): DocumentContent {
  const { selector, apps, policy } = objectOf<DocumentContent>(row, "content");
  return {
    selector: checkedList(selector, "selector", isText),
    apps: checkedList(apps, "apps", isApp),
    policy,
  };
}

function toRevision(row: Row): Revision {
  return readRow(`revision ${row.number}`, () => ({
    number: integer(row, "number"),
    parent: row.parent === null ? null : integer(row, "parent"),
    author: text(row, "author"),
    message: text(row, "message"),
    time: integer(row, "time"),
  }));
}
