import type { StatementSync } from "node:sqlite";
import { isSelected, type Tag } from "@jamesd/model";
import type { SqliteDatabase } from "./database.ts";
import { checkedList, isText, type Row, readRow, text } from "./row.ts";

/**
 * What each spec chooses by, and ever chose by, in memory: a spec is changed often, its selector hardly ever. Versions
 * are never changed or deleted, so only those of revisions that were not seen yet are read.
 */
export class SqliteSelectors {
  readonly #newest: StatementSync;
  readonly #read: StatementSync;
  readonly #selectors = new Map<string, Map<string, readonly Tag[]>>();
  #seen = 0;

  constructor(db: SqliteDatabase) {
    this.#newest = db.prepare("SELECT coalesce(max(revision), 0) AS revision FROM documents");
    // The plus keeps SQLite from going through every spec for the few that are new.
    this.#read = db.prepare(
      `SELECT id, content ->> '$.selector' AS selector FROM documents
       WHERE revision > ? AND +kind = 'spec' AND content IS NOT NULL`,
    );
  }

  /** The specs that choose a device with these tags, or did at one time; to be called within a transaction. */
  choosing(tags: readonly Tag[], device: string): readonly string[] {
    this.#catchUp();
    const set = new Set(tags);
    return [...this.#selectors]
      .filter(([, selectors]) =>
        [...selectors.values()].some((selector) => isSelected(selector, set, device)),
      )
      .map(([id]) => id);
  }

  #catchUp(): void {
    const newest = Number(this.#newest.get()?.revision);
    if (newest === this.#seen) return;
    for (const row of this.#read.iterate(this.#seen)) this.#add(row);
    this.#seen = newest;
  }

  #add(row: Row): void {
    readRow(`document spec ${row.id}`, () => {
      const [id, selector] = [text(row, "id"), text(row, "selector")];
      const known = this.#selectors.get(id) ?? new Map<string, readonly Tag[]>();
      if (!known.has(selector)) known.set(selector, checkedList(JSON.parse(selector), "selector", isText));
      this.#selectors.set(id, known);
    });
  }
}
