import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setImmediate as letOthersRun } from "node:timers/promises";
import type { Steps } from "@jamesd/model";
import { inSlices } from "../running/slices.ts";
import { databaseError, isOfOneStatement, primaryCode, SQLITE_CORRUPT } from "./database-error.ts";
import { BUSY_TIMEOUT_MS, closeToOthers, connect, notOurs, openReadOnly } from "./database-file.ts";
import { GroupCommit } from "./group-commit.ts";
import { type Migrated, migrate, versionOf } from "./migrate.ts";
import { MIGRATIONS } from "./migrations.ts";
import { Trust } from "./trust.ts";

/** What was written is in the file itself, not only in the log beside it, after so long. */
const CHECKPOINT_AFTER_MS = 60_000;
/** So many problems of a file are named. */
const MAX_PROBLEMS = 10;

/**
 * How a database keeps what is not in its file yet. `wal`: in a log beside it, of which the file then always says that
 * there is one; `memory`: nowhere, for a file that is thrown away when its writer dies.
 */
export type Journal = "wal" | "memory";

/** What a database consists of, by what follows its name. */
const FILES = ["", "-wal", "-shm"];

/** A SQLite file whose every committed transaction survives a power cut, with errors a person can read. */
export class SqliteDatabase {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #closed: (() => void) | undefined;
  readonly #trust: Trust;
  #checkpoint: NodeJS.Timeout | undefined;
  readonly #gathered: GroupCommit;
  /** What writes in slices now, and when it is over. */
  #beside: SqliteDatabase | undefined;
  #sliced: Promise<void> | undefined;

  private constructor(
    db: DatabaseSync,
    file: string,
    { closed, trust = new Trust(file) }: { readonly closed?: () => void; readonly trust?: Trust } = {},
  ) {
    this.#db = db;
    this.#file = file;
    this.#closed = closed;
    this.#trust = trust;
    this.#gathered = new GroupCommit({
      prepare: (sql) => this.prepare(sql),
      transaction: (work) => this.#write(work),
      isBroken: (thrown) => !db.isTransaction || !isOfOneStatement(thrown),
      failure: (thrown) => databaseError(thrown, file),
    });
  }

  /** Opens or makes the file and brings it to the newest version, of which `tell` hears. */
  static open(file: string, journal: Journal = "wal", tell?: (migrated: Migrated) => void): SqliteDatabase {
    let db: DatabaseSync | undefined;
    for (const suffix of FILES) closeToOthers(file + suffix);
    try {
      db = connect(file);
      db.exec(`PRAGMA journal_mode = ${journal}`);
      const migrated = migrate(db, file);
      if (migrated) tell?.(migrated);
      const opened = new SqliteDatabase(db, file);
      opened.checkpoint();
      return opened;
    } catch (thrown) {
      if (db?.isOpen) db.close();
      throw databaseError(thrown, file);
    }
  }

  /**
   * Opens a file only to look at it, also beside a server, or where nothing can be written: nothing in its folder changes.
   * One of an earlier version is brought forward in a copy.
   */
  static visit(file: string): SqliteDatabase {
    let db: DatabaseSync | undefined;
    try {
      db = openReadOnly(file);
      const version = versionOf(db);
      if (version === 0) throw notOurs(file);
      if (version >= MIGRATIONS.length) {
        migrate(db, file);
        return new SqliteDatabase(db, file);
      }
      return SqliteDatabase.#copyForward(db);
    } catch (thrown) {
      if (db?.isOpen) db.close();
      throw databaseError(thrown, file);
    }
  }

  static #copyForward(db: DatabaseSync): SqliteDatabase {
    const folder = mkdtempSync(join(tmpdir(), "jamesd-look-"));
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    const copy = join(folder, "jamesd.db");
    try {
      db.prepare("VACUUM INTO ?").run(copy);
      db.close();
      return new SqliteDatabase(SqliteDatabase.open(copy, "memory").#db, copy, { closed: remove });
    } catch (thrown) {
      remove();
      throw primaryCode(thrown) === SQLITE_CORRUPT ? thrown : databaseError(thrown, copy);
    }
  }

  /** What SQLite finds wrong in a file by reading all of it; empty when it is sound. @throws JamesError when it cannot be read at all */
  static problems(file: string): readonly string[] {
    let db: DatabaseSync | undefined;
    try {
      db = openReadOnly(file);
      const rows = db.prepare(`PRAGMA integrity_check(${MAX_PROBLEMS})`).all();
      return rows.map((row) => String(row.integrity_check)).filter((problem) => problem !== "ok");
    } catch (thrown) {
      throw databaseError(thrown, file);
    } finally {
      if (db?.isOpen) db.close();
    }
  }

  /** Writes one state of a file, whoever writes to it meanwhile, to one that is empty or not there; it is not synced. */
  static snapshot(file: string, copy: string): void {
    let db: DatabaseSync | undefined;
    let failing = file;
    try {
      db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
      versionOf(db);
      // It can be read: what fails from now on is the copy, but for a page that is damaged.
      failing = copy;
      // In one read transaction: https://sqlite.org/lang_vacuum.html#vacuuminto
      db.prepare("VACUUM INTO ?").run(copy);
    } catch (thrown) {
      throw databaseError(thrown, primaryCode(thrown) === SQLITE_CORRUPT ? file : failing);
    } finally {
      if (db?.isOpen) db.close();
    }
  }

  /** A statement that is kept for the life of the database. */
  prepare(sql: string): StatementSync {
    try {
      return this.#db.prepare(sql);
    } catch (thrown) {
      throw databaseError(thrown, this.#file);
    }
  }

  /** Moves what is in the log into the file, as far as nobody reads what was before. */
  checkpoint(): void {
    clearTimeout(this.#checkpoint);
    this.#checkpoint = undefined;
    try {
      if (this.#db.isOpen) this.#db.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (thrown) {
      // What was written is in the log. But an fsync that failed must not be believed when it is tried again.
      this.#trust.noteFailed(thrown);
    }
  }

  /** Runs a function that only reads, in one snapshot. */
  read<T>(work: () => T): T {
    return this.#transaction("BEGIN", work);
  }

  /**
   * Has a function write within a transaction that it shares with others that come at about the same time. It is for what many
   * devices do at once. @returns what it returns, once that is durable
   */
  gather<T>(work: () => T): Promise<T> {
    return this.#gathered.write(work);
  }

  /** How many writes wait to share a transaction. */
  get waiting(): number {
    return this.#gathered.waiting;
  }

  /** Runs a function as one transaction that holds the write lock from its start, after all that was asked for before. */
  async write<T>(work: () => T): Promise<T> {
    if (this.#sliced !== undefined) return this.#gathered.write(work);
    this.#gathered.flush();
    return this.#write(work);
  }

  /**
   * Runs long work as one transaction, and lets others run in between: over a connection of its own, so that they read
   * what was there before until it is durable. What others write meanwhile is written after it, in its order.
   * @param work what writes by that connection
   */
  async writeInSlices<T>(work: (beside: SqliteDatabase) => Steps<T>): Promise<T> {
    while (this.#sliced !== undefined) await this.#sliced;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sliced = promise;
    this.#gathered.hold();
    try {
      this.check();
      const beside = new SqliteDatabase(connect(this.#file), this.#file, { trust: this.#trust });
      this.#beside = beside;
      const result = await beside.#transactionInSlices(work(beside));
      // The commit was a long turn, and so is what follows.
      await letOthersRun();
      this.#noteWritten();
      return result;
    } catch (thrown) {
      throw this.#trust.noteFailed(thrown);
    } finally {
      this.#beside?.close();
      this.#beside = undefined;
      this.#sliced = undefined;
      this.#gathered.release();
      resolve();
    }
  }

  #write<T>(work: () => T): T {
    this.#trust.require();
    try {
      const result = this.#transaction("BEGIN IMMEDIATE", work);
      this.#noteWritten();
      return result;
    } catch (thrown) {
      throw this.#trust.noteFailed(thrown);
    }
  }

  #noteWritten(): void {
    this.#trust.requireFiles();
    this.#checkpoint ??= setTimeout(() => this.checkpoint(), CHECKPOINT_AFTER_MS).unref();
  }

  /** @throws JamesError when it cannot be read, or nothing more is written to it */
  check(): void {
    this.#trust.require();
    this.#trust.requireFiles();
    this.read(() => versionOf(this.#db));
  }

  /** Writes what waits. The last to close a file moves all of the log into it, and removes the log. */
  close(): void {
    // What it has not committed was promised to nobody.
    this.#beside?.close();
    this.#gathered.flush();
    clearTimeout(this.#checkpoint);
    if (this.#db.isOpen) this.#db.close();
    this.#closed?.();
  }

  #transaction<T>(begin: string, work: () => T): T {
    try {
      this.#db.exec(begin);
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (thrown) {
      this.#rollback();
      throw databaseError(thrown, this.#file);
    }
  }

  async #transactionInSlices<T>(work: Steps<T>): Promise<T> {
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      const result = await inSlices(work);
      // Meanwhile another connection may have met with what is not to be tried again.
      this.#trust.require();
      this.#db.exec("COMMIT");
      return result;
    } catch (thrown) {
      this.#rollback();
      throw databaseError(thrown, this.#file);
    }
  }

  #rollback(): void {
    try {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec("ROLLBACK");
    } catch {
      // The error that led here is the one to report; SQLite rolls back when the file is opened next.
    }
  }
}
