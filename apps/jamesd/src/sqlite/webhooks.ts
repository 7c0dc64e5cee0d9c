import type { WebhookStore } from "../repository/webhook-store.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer } from "./row.ts";

/** How far receivers of webhooks are, in a SQLite repository. */
export class SqliteWebhooks implements WebhookStore {
  readonly #db: SqliteDatabase;
  readonly #statements;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#statements = {
      one: db.prepare("SELECT position FROM webhooks WHERE receiver = ?"),
      note: db.prepare(
        `INSERT INTO webhooks (receiver, position) VALUES (?, ?)
         ON CONFLICT (receiver) DO UPDATE SET position = excluded.position`,
      ),
      forget: db.prepare("DELETE FROM webhooks WHERE receiver NOT IN (SELECT value FROM json_each(?))"),
    };
  }

  async position(receiver: string): Promise<number | undefined> {
    const row = this.#db.read(() => this.#statements.one.get(receiver));
    return row && integer(row, "position");
  }

  async note(receiver: string, position: number): Promise<void> {
    await this.#db.write(() => this.#statements.note.run(receiver, position));
  }

  async keepOnly(receivers: readonly string[]): Promise<void> {
    await this.#db.write(() => this.#statements.forget.run(JSON.stringify(receivers)));
  }
}
