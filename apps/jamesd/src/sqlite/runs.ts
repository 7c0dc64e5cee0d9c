import type { Run } from "@jamesd/model";
import type { RunStore } from "../repository/run-store.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, readRow } from "./row.ts";

/** When the server of a SQLite repository ran. */
export class SqliteRuns implements RunStore {
  readonly #db: SqliteDatabase;
  readonly #statements;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#statements = {
      note: db.prepare(
        `INSERT INTO server_runs (started, until) VALUES (?, ?)
         ON CONFLICT (started) DO UPDATE SET until = max(until, excluded.until)`,
      ),
      // Rollouts count the time since they began; of those that are over nobody asks.
      prune: db.prepare(
        `DELETE FROM server_runs WHERE until < coalesce(
           (SELECT min(time) FROM revisions WHERE number IN (SELECT revision FROM rollouts WHERE ended IS NULL)),
           ?
         )`,
      ),
      since: db.prepare("SELECT started, until FROM server_runs WHERE until > ? ORDER BY started"),
    };
  }

  async note({ from, until }: Run): Promise<void> {
    await this.#db.gather(() => {
      this.#statements.note.run(from, until);
      this.#statements.prune.run(from);
    });
  }

  async since(time: number): Promise<readonly Run[]> {
    return this.#db
      .read(() => this.#statements.since.all(time))
      .map((row) => readRow("run", () => ({ from: integer(row, "started"), until: integer(row, "until") })));
  }
}
