import type { Content, Digest } from "@jamesd/model";
import type { MadeOf, MadeStore } from "../repository/made-store.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, type Row, readRow, text } from "./row.ts";

const TABLES = ["deltas", "whole_bundles"] as const;

/** What a SQLite repository knows of blobs that the server made. */
export class SqliteMadeBlobs implements MadeStore {
  readonly #db: SqliteDatabase;
  readonly #statements;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#statements = {
      delta: db.prepare("SELECT digest, size FROM deltas WHERE base = ? AND target = ?"),
      wholeBundle: db.prepare("SELECT digest, size FROM whole_bundles WHERE packet = ?"),
      all: db.prepare(
        `SELECT digest, size FROM deltas WHERE digest IS NOT NULL
         UNION SELECT digest, size FROM whole_bundles WHERE digest IS NOT NULL`,
      ),
      madeOf: db.prepare(
        `SELECT target AS packet, base FROM deltas WHERE digest = :digest
         UNION ALL SELECT packet, NULL FROM whole_bundles WHERE digest = :digest`,
      ),
      // Only while the packets are there: one may have been removed while the blob was made.
      saveDelta: db.prepare(
        `INSERT OR REPLACE INTO deltas (base, target, digest, size)
         SELECT b.digest, t.digest, :digest, :size FROM packets b, packets t WHERE b.digest = :base AND t.digest = :target`,
      ),
      saveWholeBundle: db.prepare(
        `INSERT OR REPLACE INTO whole_bundles (packet, digest, size)
         SELECT p.digest, :digest, :size FROM packets p WHERE p.digest = :packet`,
      ),
      lastUsedFirst: db.prepare(
        `SELECT digest, max(size) AS size FROM
           (SELECT digest, size, used FROM deltas UNION ALL SELECT digest, size, used FROM whole_bundles)
         WHERE digest IS NOT NULL GROUP BY digest ORDER BY max(used) DESC, digest`,
      ),
      use: TABLES.map((table) => db.prepare(`UPDATE ${table} SET used = ? WHERE digest = ?`)),
      forget: TABLES.map((table) => db.prepare(`DELETE FROM ${table} WHERE digest = ?`)),
    };
  }

  async delta(base: Digest, target: Digest): Promise<Content | null | undefined> {
    return madeBlob(this.#db.read(() => this.#statements.delta.get(base, target)));
  }

  async saveDelta(base: Digest, target: Digest, blob: Content | null): Promise<void> {
    await this.#db.write(() => this.#statements.saveDelta.run({ base, target, ...columns(blob) }));
  }

  async wholeBundle(packet: Digest): Promise<Content | null | undefined> {
    return madeBlob(this.#db.read(() => this.#statements.wholeBundle.get(packet)));
  }

  async saveWholeBundle(packet: Digest, blob: Content | null): Promise<void> {
    await this.#db.write(() => this.#statements.saveWholeBundle.run({ packet, ...columns(blob) }));
  }

  async blobs(): Promise<readonly Digest[]> {
    return this.#db.read(() => this.#statements.all.all()).map((row) => readBlob(row).digest);
  }

  async madeOf(digest: Digest): Promise<readonly MadeOf[]> {
    return this.#db.read(() => this.#statements.madeOf.all({ digest })).map(readMadeOf);
  }

  async use(digest: Digest, time: number): Promise<void> {
    await this.#db.gather(() => {
      for (const statement of this.#statements.use) statement.run(time, digest);
    });
  }

  async evict(maxBytes: number): Promise<number> {
    return this.#db.write(() => {
      let [kept, forgotten] = [0, 0];
      for (const row of this.#statements.lastUsedFirst.all()) {
        const { digest, size } = readBlob(row);
        if (kept + size <= maxBytes) {
          kept += size;
          continue;
        }
        forgotten += size;
        for (const statement of this.#statements.forget) statement.run(digest);
      }
      return forgotten;
    });
  }
}

function madeBlob(row: Row | undefined): Content | null | undefined {
  if (row === undefined) return undefined;
  return row.digest === null ? null : readBlob(row);
}

function readBlob(row: Row): Content {
  return readRow("made blob", () => ({ digest: text(row, "digest"), size: integer(row, "size") }));
}

function readMadeOf(row: Row): MadeOf {
  return readRow("made blob", () => ({
    packet: text(row, "packet"),
    ...(row.base !== null && { base: text(row, "base") }),
  }));
}

function columns(blob: Content | null): { readonly digest: string | null; readonly size: number | null } {
  return { digest: blob?.digest ?? null, size: blob?.size ?? null };
}
