import { type Change, type Feed, type NewChange, overtaken } from "../repository/feed.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, type Row, readRow, text } from "./row.ts";

/** Who follows is never further behind than this, unless it did not look for long: then it loads anew. */
const KEPT = 10_000;

/** The feed of changes of a SQLite repository. */
export class SqliteFeed implements Feed {
  readonly #db: SqliteDatabase;
  readonly #kept: number;
  readonly #statements;

  /** @param kept so many changes, the newest, can be told */
  constructor(db: SqliteDatabase, kept = KEPT) {
    this.#db = db;
    this.#kept = kept;
    this.#statements = {
      head: db.prepare("SELECT head FROM feed"),
      claim: db.prepare("UPDATE feed SET head = head + 1 RETURNING head"),
      add: db.prepare("INSERT INTO changes (position, kind, key) VALUES (?, ?, ?)"),
      trim: db.prepare("DELETE FROM changes WHERE position <= ?"),
      after: db.prepare("SELECT position, kind, key FROM changes WHERE position > ? ORDER BY position"),
    };
  }

  async head(): Promise<number> {
    return this.#db.read(() => this.#head());
  }

  async changes(after: number): Promise<readonly Change[] | undefined> {
    return this.#db.read(() => {
      const changes = this.#statements.after.all(after).map(toChange);
      return changes.length === this.#head() - after ? changes : undefined;
    });
  }

  /**
   * Sees that nothing changed since a position, undefined: nobody judged. Within a transaction that writes: the lock of the
   * database keeps it so until the end. @throws JamesError CHANGE_OVERTAKEN
   */
  require(judgedAt: number | undefined): void {
    if (judgedAt !== undefined && judgedAt !== this.#head()) throw overtaken();
  }

  /** Gives a change the next position; to be called within its transaction. */
  append(change: NewChange): void {
    const { claim, add, trim } = this.#statements;
    const head = headOf(claim.get());
    add.run(head, change.kind, keyOf(change));
    trim.run(head - this.#kept);
  }

  #head(): number {
    return headOf(this.#statements.head.get());
  }
}

function headOf(row: Row | undefined): number {
  return readRow("feed", () => integer(row ?? {}, "head"));
}

function keyOf(change: NewChange): string {
  if ("packet" in change) return change.packet;
  if ("holder" in change) return change.holder;
  if ("lock" in change) return change.lock;
  if ("rollout" in change) return String(change.rollout);
  return "revision" in change ? String(change.revision) : change.device;
}

function toChange(row: Row): Change {
  return readRow(`change ${row.position}`, () => {
    const [position, kind, key] = [integer(row, "position"), text(row, "kind"), text(row, "key")];
    switch (kind) {
      case "packet-added":
      case "packet-removed":
        return { position, kind, packet: key };
      case "revision":
        return { position, kind, revision: Number(key) };
      case "rollout":
        return { position, kind, rollout: Number(key) };
      case "retry":
      case "reinstall":
      case "go":
      case "verify":
      case "renew":
      case "device-adopted":
      case "device-tagged":
      case "device-removed":
        return { position, kind, device: key };
      case "certificate-issued":
      case "certificate-replaced":
      case "certificate-cloned":
        return { position, kind, holder: key };
      case "revoked":
      case "unrevoked":
        return { position, kind, lock: key };
      default:
        throw new TypeError("kind is not known");
    }
  });
}
