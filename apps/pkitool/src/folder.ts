import { randomBytes } from "node:crypto";
import { linkSync, lstatSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkOwnFolder, makeDurably, makeFolder, syncPath } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";

/** A file that must not be there yet. */
export interface NewFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
}

/** The text of a file, undefined when there is none. @throws JamesError FILE_UNREADABLE */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw unreadable(path, cause);
  }
}

/** @throws JamesError FILE_EXISTS that names the first of the files that is there, even as a dangling link; with this hint */
export function checkAbsent(dir: string, names: readonly string[], hint?: string): void {
  for (const path of names.map((name) => join(dir, name))) {
    try {
      if (lstatSync(path, { throwIfNoEntry: false })) throw exists(path, hint);
    } catch (cause) {
      throw cause instanceof JamesError ? cause : unreadable(path, cause);
    }
  }
}

/**
 * Writes all the files or none. Each is complete and durable under another name before any takes its own, and takes it
 * by a link, which fails when the name is taken: nothing is overwritten even by two calls at once. The folder is made
 * for the owner alone. @throws JamesError FILE_EXISTS, FILE_UNREADABLE
 */
export function writeNew(dir: string, files: readonly NewFile[]): void {
  openFolder(dir);
  const suffix = `.${randomBytes(6).toString("hex")}.tmp`;
  const linked: string[] = [];
  try {
    for (const file of files) make(join(dir, `.${file.name}${suffix}`), file);
    for (const { name } of files) {
      link(join(dir, `.${name}${suffix}`), join(dir, name));
      linked.push(join(dir, name));
    }
  } catch (cause) {
    for (const path of linked) rmSync(path, { force: true });
    throw cause;
  } finally {
    for (const { name } of files) rmSync(join(dir, `.${name}${suffix}`), { force: true });
    syncPath(dir);
  }
}

function openFolder(dir: string): void {
  try {
    makeFolder(dir);
  } catch (cause) {
    throw unreadable(dir, cause);
  }
  checkOwnFolder(dir);
}

function make(path: string, { content, mode }: NewFile): void {
  try {
    makeDurably(path, content, mode);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (cause) {
    throw codeOf(cause) === "EEXIST" ? exists(to) : unreadable(to, cause);
  }
}

function exists(
  path: string,
  hint = "Choose another name, or move the old .crt and .key away first.",
): JamesError {
  return new JamesError("FILE_EXISTS", `${path} exists already`, { hint });
}

function unreadable(path: string, cause: unknown): JamesError {
  return new JamesError("FILE_UNREADABLE", `cannot use ${path}: ${(cause as Error).message}`, {
    hint: "See that the folder is on a disk with space and that this user may write to it.",
    cause,
  });
}

function codeOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException).code;
}
