import { accessSync, closeSync, constants, openSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { JamesError } from "@jamesd/model";
import { isOpenLater, storageError } from "../blobs/durable.ts";

// Primary result codes, https://sqlite.org/rescode.html; the low byte of an extended code.
/** No table or column of that name, or a value that a function does not take: our statements are right for a whole database. */
const SQLITE_ERROR = 1;
const SQLITE_READONLY = 8;
export const SQLITE_IOERR = 10;
/** Extended: no room for the index of the log. */
const SQLITE_IOERR_SHMSIZE = 4874;
export const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_TOOBIG = 18;
const SQLITE_CONSTRAINT = 19;
const SQLITE_MISMATCH = 20;
const SQLITE_NOTADB = 26;
const OF_ONE_STATEMENT: ReadonlySet<number> = new Set([
  SQLITE_ERROR,
  SQLITE_TOOBIG,
  SQLITE_CONSTRAINT,
  SQLITE_MISMATCH,
]);

/** The code of an error of SQLite; undefined for any other. */
export function primaryCode(thrown: unknown): number | undefined {
  const code = (thrown as { errcode?: unknown } | null)?.errcode;
  if (code === SQLITE_IOERR_SHMSIZE) return SQLITE_FULL;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** True of what fails for what one statement wants, by its values: the database is whole and the transaction can go on. */
export function isOfOneStatement(thrown: unknown): boolean {
  const code = primaryCode(thrown);
  return code === undefined || OF_ONE_STATEMENT.has(code);
}

/** What went wrong in SQLite, in our words; a JamesError passes through. */
export function databaseError(thrown: unknown, file: string): JamesError {
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
    case SQLITE_READONLY:
      // Of a file that can be written to, only a damaged head says so.
      return isWritable(file) ? broken(file, reason, thrown) : unopenable(file, thrown);
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_NOTADB:
      return broken(file, reason, thrown);
    case SQLITE_CANTOPEN:
      if (isOutOfFiles(dirname(file)))
        return new JamesError(
          "STORAGE_FULL",
          `no file more can be made beside the database ${file}`,
          detail("Make room for files on the server's disk; df -i shows how many there may be."),
        );
      return withoutDescriptors(file) ?? unopenable(file, thrown);
    default:
      if (isNoNumber(thrown)) return broken(file, reason, thrown);
      return new JamesError("INTERNAL", `the database ${file} failed: ${reason}`, { cause: thrown });
  }
}

/** True when a number of a row is larger than any that we write: Node says so, and not SQLite. */
function isNoNumber(thrown: unknown): boolean {
  return (thrown as { code?: unknown } | null)?.code === "ERR_OUT_OF_RANGE";
}

function broken(file: string, reason: string, cause: unknown): JamesError {
  return new JamesError("STORE_CORRUPT", `${file} is not a whole database: ${reason}`, {
    hint: "Go back to a backup of the data folder.",
    cause,
  });
}

function unopenable(file: string, cause: unknown): JamesError {
  return new JamesError("FILE_UNREADABLE", `cannot open the database ${file}`, {
    hint: "Check that its folder exists and that jamesd may write there.",
    cause,
  });
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** SQLite does not say why it could not open a file: without a descriptor no other one can be opened either, which passes. */
function withoutDescriptors(file: string): JamesError | undefined {
  try {
    closeSync(openSync("/dev/null", "r"));
    return undefined;
  } catch (thrown) {
    return isOpenLater(thrown) ? storageError(thrown, `cannot open the database ${file}`) : undefined;
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
