import { PROGRESS, type WaveCounts } from "@jamesd/model";
import type { NotedCounts, RolloutCountStore } from "../repository/rollout-count-store.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, listOf, type Row, readRow } from "./row.ts";

/** How the rollouts of a SQLite repository went. */
export class SqliteRolloutCounts implements RolloutCountStore {
  readonly #db: SqliteDatabase;
  readonly #statements;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#statements = {
      note: db.prepare("INSERT OR REPLACE INTO rollout_counts (revision, time, waves) VALUES (?, ?, ?)"),
      newest: db.prepare(
        "SELECT revision, time, waves FROM rollout_counts WHERE revision = ? ORDER BY time DESC LIMIT ?",
      ),
    };
  }

  async note(revision: number, { time, waves }: NotedCounts): Promise<void> {
    await this.#db.gather(() => this.#statements.note.run(revision, time, JSON.stringify(waves)));
  }

  async of(revision: number, limit: number): Promise<readonly NotedCounts[]> {
    return this.#db
      .read(() => this.#statements.newest.all(revision, limit))
      .map(toNoted)
      .reverse();
  }
}

/** @throws JamesError STORE_CORRUPT */
function toNoted(row: Row): NotedCounts {
  return readRow(`counts of rollout ${row.revision}`, () => ({
    time: integer(row, "time"),
    waves: listOf(row, "waves", isCounts),
  }));
}

function isCounts(value: unknown): value is WaveCounts {
  const counts = (value ?? {}) as Partial<WaveCounts>;
  return PROGRESS.every((name) => Number.isSafeInteger(counts[name]));
}
