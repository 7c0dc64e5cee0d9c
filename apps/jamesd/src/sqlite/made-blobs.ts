import type { Content } from "@jamesd/model";
import type { Repository } from "../repository/repository.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, type Row, readRow, text } from "./row.ts";

/** What a SQLite repository knows of blobs that the server made. */
export function sqliteMadeBlobs(
  db: SqliteDatabase,
): Pick<
  Repository,
  "delta" | "saveDelta" | "wholeBundle" | "saveWholeBundle" | "madeBlobs" | "useMadeBlob" | "evictMadeBlobs"
> {
  const delta = db.prepare("SELECT digest, size FROM deltas WHERE base = ? AND target = ?");
  const wholeBundle = db.prepare("SELECT digest, size FROM whole_bundles WHERE packet = ?");
  const all = db.prepare(
    `SELECT digest FROM deltas WHERE digest IS NOT NULL
     UNION SELECT digest FROM whole_bundles WHERE digest IS NOT NULL`,
  );
  // Only while the packets are there: one may have been removed while the blob was made.
  const saveDelta = db.prepare(
    `INSERT OR REPLACE INTO deltas (base, target, digest, size)
     SELECT b.digest, t.digest, :digest, :size FROM packets b, packets t WHERE b.digest = :base AND t.digest = :target`,
  );
  const saveWholeBundle = db.prepare(
    `INSERT OR REPLACE INTO whole_bundles (packet, digest, size)
     SELECT p.digest, :digest, :size FROM packets p WHERE p.digest = :packet`,
  );
  const lastUsedFirst = db.prepare(
    `SELECT digest, max(size) AS size FROM
       (SELECT digest, size, used FROM deltas UNION ALL SELECT digest, size, used FROM whole_bundles)
     WHERE digest IS NOT NULL GROUP BY digest ORDER BY max(used) DESC, digest`,
  );
  const use = ["deltas", "whole_bundles"].map((table) =>
    db.prepare(`UPDATE ${table} SET used = ? WHERE digest = ?`),
  );
  const forget = ["deltas", "whole_bundles"].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE digest = ?`),
  );
  return {
    async useMadeBlob(digest, time) {
      db.write(() => {
        for (const statement of use) statement.run(time, digest);
      });
    },
    async evictMadeBlobs(maxBytes) {
      return db.write(() => {
        let [kept, forgotten] = [0, 0];
        for (const row of lastUsedFirst.all()) {
          const { digest, size } = readRow("made blob", () => ({
            digest: text(row, "digest"),
            size: integer(row, "size"),
          }));
          if (kept + size <= maxBytes) {
            kept += size;
            continue;
          }
          forgotten += size;
          for (const statement of forget) statement.run(digest);
        }
        return forgotten;
      });
    },
    async delta(base, target) {
      return madeBlob(db.read(() => delta.get(base, target)));
    },
    async saveDelta(base, target, blob) {
      db.write(() => saveDelta.run({ base, target, ...columns(blob) }));
    },
    async wholeBundle(packet) {
      return madeBlob(db.read(() => wholeBundle.get(packet)));
    },
    async saveWholeBundle(packet, blob) {
      db.write(() => saveWholeBundle.run({ packet, ...columns(blob) }));
    },
    async madeBlobs() {
      return db.read(() => all.all()).map((row) => readRow("made blob", () => text(row, "digest")));
    },
  };
}

function madeBlob(row: Row | undefined): Content | null | undefined {
  if (row === undefined) return undefined;
  if (row.digest === null) return null;
  return readRow("made blob", () => ({ digest: text(row, "digest"), size: integer(row, "size") }));
}

function columns(blob: Content | null): { readonly digest: string | null; readonly size: number | null } {
  return { digest: blob?.digest ?? null, size: blob?.size ?? null };
}
