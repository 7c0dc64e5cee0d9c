import { chmodSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { JamesError } from "@jamesd/model";
import { migrate, versionOf } from "./migrations.ts";

// Primary result codes, https://sqlite.org/rescode.html; the low byte of an extended code.
const SQLITE_IOERR = 10;
/** Extended: no room for the index of the log. */
const SQLITE_IOERR_SHMSIZE = 4874;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

const BUSY_TIMEOUT_MS = 5_000;

/**
 * How a database keeps what is not in its file yet. `wal`: in a log beside it, of which the file then always says that
 * there is one; `memory`: nowhere, for a file that is thrown away when its writer dies; `kept`: as the file says.
 */
export type Journal = "wal" | "memory" | "kept";
const JOURNALS: Readonly<Record<Journal, string>> = { wal: " = WAL", memory: " = MEMORY", kept: "" };

/** What a database consists of, by what follows its name. */
const FILES = ["", "-wal", "-shm"];

/** A SQLite file whose every committed transaction survives a power cut, with errors a person can read. */
export class SqliteDatabase {
  readonly #db: DatabaseSync;
  readonly #file: string;
  #failure: JamesError | undefined;

  private constructor(db: DatabaseSync, file: string) {
    this.#db = db;
    this.#file = file;
  }

  /** Opens or makes the file and brings it to the newest version. */
  static open(file: string, journal: Journal = "wal"): SqliteDatabase {
    let db: DatabaseSync | undefined;
    if (journal !== "kept") for (const suffix of FILES) closeToOthers(file + suffix);
    try {
      db = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: BUSY_TIMEOUT_MS });
      // FULL, because NORMAL loses acknowledged commits in a power cut.
      db.exec(`PRAGMA journal_mode${JOURNALS[journal]}; PRAGMA synchronous = FULL`);
      migrate(db, file);
      return new SqliteDatabase(db, file);
    } catch (thrown) {
      if (db?.isOpen) db.close();
      throw databaseError(thrown, file);
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
    return this.#db.prepare(sql);
  }

  /** Runs a function that only reads, in one snapshot. */
  read<T>(work: () => T): T {
    return this.#transaction("BEGIN", work);
  }

  /** Runs a function as one transaction that holds the write lock from its start. */
  write<T>(work: () => T): T {
    if (this.#failure) throw this.#failure;
    try {
      return this.#transaction("BEGIN IMMEDIATE", work);
    } catch (thrown) {
      // A write or fsync that failed once cannot be trusted when it is tried again: only a new start reads what is there.
      if (thrown instanceof JamesError && primaryCode(thrown.cause) === SQLITE_IOERR) this.#failure = thrown;
      throw thrown;
    }
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
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

  #rollback(): void {
    try {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec("ROLLBACK");
    } catch {
      // The error that led here is the one to report; SQLite rolls back when the file is opened next.
    }
  }
}

function primaryCode(thrown: unknown): number | undefined {
  const code = (thrown as { errcode?: unknown } | null)?.errcode;
  if (code === SQLITE_IOERR_SHMSIZE) return SQLITE_FULL;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** What went wrong in SQLite, in our words. */
function databaseError(thrown: unknown, file: string): JamesError {
  if (thrown instanceof JamesError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const detail = (hint: string) => ({ hint, cause: thrown });
  switch (primaryCode(thrown)) {
    case SQLITE_FULL:
      return new JamesError(
        "STORAGE_FULL",
        `no space left for the database ${file}`,
        detail("Make room on the server's disk; nothing was changed."),
      );
    case SQLITE_IOERR:
      return new JamesError(
        "STORE_CORRUPT",
        `reading or writing the database ${file} failed: ${reason}`,
        detail("Check the server's disk, then start jamesd again; until then it changes nothing."),
      );
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new JamesError(
        "STORE_CORRUPT",
        `${file} is not a whole database: ${reason}`,
        detail("Go back to a backup of the data folder."),
      );
    case SQLITE_CANTOPEN:
      if (isOutOfFiles(dirname(file)))
        return new JamesError(
          "STORAGE_FULL",
          `no file more can be made beside the database ${file}`,
          detail("Make room for files on the server's disk; df -i shows how many there may be."),
        );
      return new JamesError(
        "FILE_UNREADABLE",
        `cannot open the database ${file}`,
        detail("Check that its folder exists and that jamesd may write there."),
      );
    default:
      return new JamesError("INTERNAL", `the database ${file} failed: ${reason}`, { cause: thrown });
  }
}

/** SQLite does not say why it could not make a file. */
function isOutOfFiles(folder: string): boolean {
  try {
    const { files, ffree } = statfsSync(folder);
    // Where there is no limit, as on btrfs, both are 0.
    return files > 0 && ffree === 0;
  } catch {
    return false;
  }
}

// Earlier versions left the files to the umask, and new ones get the mode of the first.
function closeToOthers(file: string): void {
  try {
    chmodSync(file, 0o600);
  } catch {
    // It is not there yet, or somebody else's: opening it says what matters of that.
  }
}
