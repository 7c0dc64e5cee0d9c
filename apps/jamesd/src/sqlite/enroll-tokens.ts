import type { EnrollToken, EnrollTokenStore } from "../repository/enroll-token-store.ts";
import { enrollTokenMade, enrollTokenRevoked } from "../repository/make-joining-event.ts";
import type { Origin } from "../repository/origin.ts";
import type { SqliteDatabase } from "./database.ts";
import type { SqliteEvents } from "./events.ts";
import { integer, integerOrNull, isText, listOf, type Row, readRow, text, textOrNull } from "./row.ts";

const COLUMNS = "id, secret_digest, device, prefix, tags, uses, used, ends, last_used, author, address, time";

/** A token that ended is shown for so long, with when it was used last. */
const KEPT_MS = 30 * 86_400_000;

/** The tokens of a SQLite repository. */
export class SqliteEnrollTokens implements EnrollTokenStore {
  readonly #db: SqliteDatabase;
  readonly #events: SqliteEvents;
  readonly #statements;

  constructor(db: SqliteDatabase, events: SqliteEvents) {
    this.#db = db;
    this.#events = events;
    this.#statements = {
      all: db.prepare(`SELECT ${COLUMNS} FROM enroll_tokens ORDER BY sequence`),
      one: db.prepare(`SELECT ${COLUMNS} FROM enroll_tokens WHERE id = ?`),
      add: db.prepare(
        `INSERT INTO enroll_tokens (${COLUMNS})
         VALUES (:id, :secretDigest, :device, :prefix, :tags, :uses, :used, :ends, :lastUsed, :author, :address, :time)`,
      ),
      forget: db.prepare("DELETE FROM enroll_tokens WHERE ends < ?"),
      remove: db.prepare(`DELETE FROM enroll_tokens WHERE id = ? RETURNING ${COLUMNS}`),
      use: db.prepare(
        "UPDATE enroll_tokens SET used = used + 1, last_used = :time WHERE id = :id AND used < uses AND ends > :time",
      ),
    };
  }

  async all(): Promise<readonly EnrollToken[]> {
    return this.#db.read(() => this.#statements.all.all()).map(toToken);
  }

  async get(id: string): Promise<EnrollToken | undefined> {
    const row = this.#db.read(() => this.#statements.one.get(id));
    return row && toToken(row);
  }

  async add({ scope: _, ...token }: EnrollToken): Promise<void> {
    await this.#db.write(() => {
      this.#statements.forget.run(token.time - KEPT_MS);
      this.#statements.add.run({ ...token, tags: JSON.stringify(token.tags) });
      this.#events.append(enrollTokenMade(token));
    });
  }

  async remove(id: string, origin: Origin): Promise<EnrollToken | undefined> {
    return this.#db.write(() => {
      const row = this.#statements.remove.get(id);
      if (row) this.#events.append(enrollTokenRevoked(id, origin));
      return row && toToken(row);
    });
  }

  /** Lets one more in by a token; to be called within the transaction of its admission. @returns whether there was a use left */
  use(id: string, time: number): boolean {
    return this.#statements.use.run({ id, time }).changes > 0;
  }
}

function toToken(row: Row): EnrollToken {
  return readRow(`enrolment token ${row.id}`, () => ({
    id: text(row, "id"),
    secretDigest: text(row, "secret_digest"),
    device: textOrNull(row, "device"),
    prefix: textOrNull(row, "prefix"),
    tags: listOf(row, "tags", isText),
    uses: integer(row, "uses"),
    used: integer(row, "used"),
    ends: integer(row, "ends"),
    lastUsed: integerOrNull(row, "last_used"),
    author: text(row, "author"),
    address: text(row, "address"),
    time: integer(row, "time"),
  }));
}
