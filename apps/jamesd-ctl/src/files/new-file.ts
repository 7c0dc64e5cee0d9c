import { randomBytes } from "node:crypto";
import { createWriteStream, fchmodSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { syncPath } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { connectionError } from "@jamesd/protocol/operator";

export interface NewFileOptions {
  /** Overwrites a file that is there. */
  readonly force: boolean;
  /** What the stream comes from, for the message when it breaks off. */
  readonly server: string;
  /** The permission bits, whatever the umask; what is usual when left out. */
  readonly mode?: number;
  /** Judges what was written before it gets its name. @throws JamesError */
  readonly check?: (written: string) => Promise<void>;
}

/** Sees that a file may be made there. @throws JamesError FILE_EXISTS, FILE_UNREADABLE, USAGE */
export function checkTarget(path: string, force: boolean): void {
  if (path === "-" || path === "")
    throw new JamesError("USAGE", "there is no file to write to", { hint: "Say --output FILE.tar." });
  const stats = statOf(path);
  if (stats === undefined) return;
  // To replace a device, a folder or a link by a file is never what was meant.
  if (!stats.isFile())
    throw new JamesError("FILE_EXISTS", `${path} exists and is not a file`, {
      hint: "Name another file.",
    });
  if (force) return;
  throw new JamesError("FILE_EXISTS", `${path} exists already`, {
    hint: "Name another file, or give --force to overwrite it.",
  });
}

/**
 * Writes a stream to a file that appears under its name only when it is complete and durable; otherwise nothing stays.
 * @returns the bytes written @throws JamesError as `checkTarget`; SERVER_UNREACHABLE when the stream breaks off
 */
export async function writeNewFile(
  content: Readable,
  path: string,
  { force, server, mode, check }: NewFileOptions,
): Promise<number> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = createWriteStream(temporary, { fd: create(temporary, mode), flush: true });
    await pipeline(content, file);
    await check?.(temporary);
    checkTarget(path, force);
    renameSync(temporary, path);
    syncPath(dirname(path));
    return file.bytesWritten;
  } catch (cause) {
    content.destroy();
    rmSync(temporary, { force: true });
    throw isFileError(cause) ? unwritable(path, cause) : connectionError(cause, server);
  }
}

function create(path: string, mode: number | undefined): number {
  const file = openSync(path, "wx");
  if (mode !== undefined) fchmodSync(file, mode);
  return file;
}

function statOf(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

// Errors of the file system name the system call; those of a socket say "read" too, but have no path or file number.
function isFileError(cause: unknown): cause is NodeJS.ErrnoException {
  const { syscall = "", code } = cause as NodeJS.ErrnoException;
  return (
    ["open", "write", "fsync", "fchmod", "rename"].includes(syscall) &&
    code !== "ECONNRESET" &&
    code !== "EPIPE"
  );
}

/** @returns FILE_UNREADABLE for what the file system said */
export function unwritable(path: string, cause: unknown): JamesError {
  return new JamesError("FILE_UNREADABLE", `cannot write ${path}: ${(cause as Error).message}`, {
    hint: "See that the folder is there, has space and that you may write to it.",
    cause,
  });
}
