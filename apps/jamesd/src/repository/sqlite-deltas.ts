import type { Repository } from "./repository.ts";
import { integer, readRow, text } from "./row.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** The deltas of a SQLite repository. */
export function sqliteDeltas(db: SqliteDatabase): Pick<Repository, "delta" | "saveDelta" | "deltas"> {
  const one = db.prepare("SELECT digest, size FROM deltas WHERE base = ? AND target = ?");
  const all = db.prepare("SELECT DISTINCT digest FROM deltas WHERE digest IS NOT NULL");
  // Only while both packets are there: one may have been removed while the delta was made.
  const save = db.prepare(
    `INSERT OR REPLACE INTO deltas (base, target, digest, size)
     SELECT b.digest, t.digest, :digest, :size FROM packets b, packets t WHERE b.digest = :base AND t.digest = :target`,
  );
  return {
    async delta(base, target) {
      const row = db.read(() => one.get(base, target));
      if (row === undefined) return undefined;
      if (row.digest === null) return null;
      return readRow("delta", () => ({ digest: text(row, "digest"), size: integer(row, "size") }));
    },
    async saveDelta(base, target, delta) {
      db.write(() => save.run({ base, target, digest: delta?.digest ?? null, size: delta?.size ?? null }));
    },
    async deltas() {
      return db.read(() => all.all()).map((row) => readRow("delta", () => text(row, "digest")));
    },
  };
}
