import { appsDigest, type Digest } from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { DeviceRow } from "../repository/device-row.ts";
import type { SqliteDatabase } from "./database.ts";
import {
  checkedList,
  integer,
  integerOrNull,
  isInstalledApp,
  isText,
  listOf,
  type Row,
  readRow,
  text,
  textOrNull,
} from "./row.ts";

/** So many lists that were read lately are not read again: most devices have the same. */
const MAX_LISTS = 10_000;

// All of it is in the index, word for word.
const ROWS = `SELECT id, state -> '$.systemtags' AS systemtags, given_tags, apps_digest, features, cert_issuer, last_seen, cert_ends,
    standing ->> '$.isManaged' AS is_managed, standing ->> '$.halt' IS NOT NULL AS is_halted, standing ->> '$.wish' AS wish,
    coalesce(last_transaction ->> '$.outcome', 'committed') <> 'committed' OR retry IS NOT NULL OR reinstall IS NOT NULL AS is_unsettled,
    drift ->> '$.count' AS drifted
  FROM devices INDEXED BY devices_rows WHERE id > ? ORDER BY id LIMIT ?`;

/** The devices of a SQLite repository without what they reported. */
export class SqliteDeviceRows {
  readonly #db: SqliteDatabase;
  readonly #statements;
  readonly #lists = new LRUCache<string, readonly string[]>({ max: MAX_LISTS });

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#statements = {
      after: db.prepare(ROWS),
      apps: db.prepare("SELECT state -> '$.apps' AS apps FROM devices WHERE id = ?"),
      digest: db.prepare("UPDATE devices SET apps_digest = ? WHERE id = ?"),
    };
  }

  /** At most so many, by id, from the first after an id. */
  async after(id: string, most: number): Promise<readonly DeviceRow[]> {
    const rows = this.#db.read(() => this.#statements.after.all(id, most));
    const digests = await this.#lacking(
      rows.filter((row) => row.apps_digest === null).map((row) => text(row, "id")),
    );
    return rows.map((row) => readRow(`device ${row.id}`, () => this.#toRow(row, digests)));
  }

  /** Digests that an earlier version did not write. */
  async #lacking(ids: readonly string[]): Promise<ReadonlyMap<string, Digest>> {
    const found = new Map<string, Digest>();
    if (ids.length === 0) return found;
    return this.#db.write(() => {
      const { apps, digest } = this.#statements;
      for (const id of ids) {
        const list = readRow(`device ${id}`, () => listOf(apps.get(id) ?? {}, "apps", isInstalledApp));
        found.set(id, appsDigest(list));
        digest.run(found.get(id) ?? null, id);
      }
      return found;
    });
  }

  #toRow(row: Row, digests: ReadonlyMap<string, Digest>): DeviceRow {
    const id = text(row, "id");
    return {
      id,
      systemtags: this.#list(row, "systemtags"),
      given: this.#list(row, "given_tags"),
      appsDigest: digests.get(id) ?? text(row, "apps_digest"),
      features: this.#list(row, "features"),
      certIssuer: textOrNull(row, "cert_issuer"),
      lastSeen: integer(row, "last_seen"),
      certEnds: integerOrNull(row, "cert_ends"),
      isManaged: row.is_managed === 1,
      wish: integerOrNull(row, "wish") ?? 0,
      isHalted: row.is_halted === 1,
      isUnsettled: row.is_unsettled === 1,
      drifted: integerOrNull(row, "drifted"),
    };
  }

  #list(row: Row, column: string): readonly string[] {
    const stored = text(row, column);
    const known = this.#lists.get(stored);
    if (known) return known;
    const list = checkedList(JSON.parse(stored), column, isText);
    this.#lists.set(stored, list);
    return list;
  }
}
