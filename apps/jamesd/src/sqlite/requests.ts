import type { StatementSync } from "node:sqlite";
import type { Digest } from "@jamesd/model";
import type { SqliteDatabase } from "./database.ts";
import { readRow, text } from "./row.ts";

/** Requests that are remembered: who repeats one after a lost answer does so soon. */
const MAX_REQUESTS = 5000;

/** Which request made which packet; to be asked within a transaction. */
export class SqliteRequests {
  readonly #note: StatementSync;
  readonly #forget: StatementSync;
  readonly #packet: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#note = db.prepare("INSERT OR REPLACE INTO requests (digest, packet) VALUES (?, ?)");
    this.#forget = db.prepare(
      "DELETE FROM requests WHERE sequence <= (SELECT max(sequence) FROM requests) - ?",
    );
    this.#packet = db.prepare("SELECT packet FROM requests WHERE digest = ?");
  }

  /** Notes the packet that a request made; the oldest request is forgotten when there are too many. */
  note(request: Digest, packet: Digest): void {
    this.#note.run(request, packet);
    this.#forget.run(MAX_REQUESTS);
  }

  /** The packet that a request made. */
  packet(request: Digest): Digest | undefined {
    const row = this.#packet.get(request);
    return row && readRow("request", () => text(row, "packet"));
  }
}
