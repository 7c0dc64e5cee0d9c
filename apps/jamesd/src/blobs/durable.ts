import { makeFolder as makeNewFolder } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";

/** Makes a folder and those above it where missing, for jamesd alone to read, and makes their names durable. */
export async function makeFolder(path: string): Promise<void> {
  try {
    makeNewFolder(path);
  } catch (thrown) {
    // Nothing is lost: it is a place where there are no folders to be made.
    if (errnoOf(thrown) === "ENOENT")
      throw new JamesError("FILE_UNREADABLE", `cannot make the folder ${path} (ENOENT)`, {
        hint: "Name a folder that jamesd may write to.",
        cause: thrown,
      });
    throw storageError(thrown, `cannot make the folder ${path}`);
  }
}

const COME_AGAIN_MS = 5000;
const TOO_MANY_FILES =
  "Try again; if it stays so, let jamesd have more files open (LimitNOFILE of its service).";
/** What passes by itself, and is no trouble of the disk, with what to do. */
const PASSING: ReadonlyMap<string | undefined, string> = new Map([
  ["EMFILE", TOO_MANY_FILES],
  ["ENFILE", "Try again; if it stays so, let the system have more files open (fs.file-max)."],
  [
    "EAGAIN",
    "Another program holds the file by a lease: /proc/locks shows which. Try again when it lets go.",
  ],
]);

/** An error of the file system in our words; a JamesError passes through. */
export function storageError(thrown: unknown, failed: string): JamesError {
  if (thrown instanceof JamesError) return thrown;
  const code = errnoOf(thrown);
  if (code === "ENOSPC" || code === "EDQUOT")
    return new JamesError("STORAGE_FULL", `${failed}: no space left on the server`, {
      hint: "Make room on the server's disk, then try again.",
      cause: thrown,
    });
  if (code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "ENOTDIR" || code === "EEXIST")
    return new JamesError("FILE_UNREADABLE", `${failed} (${code})`, {
      hint: "Check that jamesd may write to its data folder.",
      cause: thrown,
    });
  const passing = PASSING.get(code);
  if (passing)
    return new JamesError("SERVER_BUSY", `${failed} (${code})`, {
      ...{ hint: passing, cause: thrown, retryAfterMs: COME_AGAIN_MS },
    });
  return new JamesError("STORE_CORRUPT", `${failed} (${code ?? String(thrown)})`, {
    hint: "Check the server's disk, then start jamesd again.",
    cause: thrown,
  });
}

/** True of an error by which something was not opened that can be later: nothing was done with it. */
export function isOpenLater(thrown: unknown): boolean {
  return PASSING.has(errnoOf(thrown)) && (thrown as NodeJS.ErrnoException).syscall === "open";
}

/** True of an error that says that there is no room. */
export function isFull(thrown: unknown): boolean {
  return thrown instanceof JamesError && thrown.code === "STORAGE_FULL";
}

/** Does something with the file system, whose errors become ours (`storageError`). */
export async function storing<T>(failed: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw storageError(thrown, failed);
  }
}

/** The name of a system error such as ENOENT. */
export function errnoOf(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}
