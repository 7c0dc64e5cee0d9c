import { createHash } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { JamesError } from "@jamesd/model";
import { errnoOf, naming } from "../disk/device-error.ts";
import { NEW_FILE } from "../disk/new-file.ts";
import { needsOwner } from "../disk/owners.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { UNTRUSTED_READ } from "../disk/untrusted-read.ts";
import type { KeepOperation } from "../journal/operation.ts";
import { changedMeanwhile, contentAt, isUntouched } from "../plan/content.ts";
import { bringCopyBack, isAcross } from "./across.ts";
import type { OpenAreas } from "./area.ts";
import { makeParents, makeWay } from "./make-way.ts";

const CHUNK = 256 * 1024;

/**
 * Keeps the contents of files that stay although scripts run: whatever these do to them can be undone then. Each is read
 * only as it was when it was compared. @returns the slots that are to be made durable
 * @throws JamesError TRANSACTION_FAILED when one was changed since
 */
export function keepContents(
  kept: readonly KeepOperation[],
  areas: OpenAreas,
  root: RootFs,
): readonly string[] {
  const slots = new Map<string, number>();
  try {
    for (const operation of kept) {
      const slot = areas.slot(operation.area, operation.slot);
      const to = slots.get(slot) ?? openSync(slot, NEW_FILE, 0o600);
      slots.set(slot, to);
      naming("keep what is at", `/${operation.path}`, () => keepContent(operation, to, root));
    }
    return [...slots.keys()];
  } finally {
    for (const fd of slots.values()) closeSync(fd);
  }
}

function keepContent(operation: KeepOperation, to: number, root: RootFs): void {
  const { path, start, size } = operation;
  const from = openSync(root.at(path), UNTRUSTED_READ);
  try {
    copyRange({ fd: from, start: 0 }, { fd: to, start }, size, () => undefined);
    if (!isUntouched(fstatSync(from), seenOf(operation))) throw changedMeanwhile(path);
  } finally {
    closeSync(from);
  }
}

/** Puts a file that is to stay there anew, where a script that ran before has changed it. */
export function keepThere(operation: KeepOperation, root: RootFs, areas: OpenAreas): void {
  const there = root.lstat(operation.path);
  if (isAsKept(operation, there, root, operation.isSuspect === true)) return;
  if (there?.isDirectory())
    throw new JamesError(
      "TRANSACTION_FAILED",
      `/${operation.path} became a folder while the plan was carried out`,
      {
        hint: "A script must not put a folder in the place of a file of its packet.",
      },
    );
  putBack(operation, root, areas);
}

/** Undoes whatever scripts did to a file that was to stay. */
export function bringBackKept(operation: KeepOperation, root: RootFs, areas: OpenAreas): void {
  const { path, slot } = operation;
  const there = root.lstat(path);
  if (isAsKept(operation, there, root, true)) return;
  // It went with a file system in memory, and so did what was kept of it.
  if (!areas.has(operation.area, slot)) return;
  makeParents(path, slot, root);
  if (there?.isDirectory()) makeWay(path, slot, root);
  putBack(operation, root, areas);
}

// Also by its content: what is written to a page of memory that a file is mapped to need not change its times (mmap(2)).
function isAsKept(
  operation: KeepOperation,
  there: Stats | undefined,
  root: RootFs,
  isSuspect: boolean,
): boolean {
  if (there === undefined || !isUntouched(there, seenOf(operation))) return false;
  return !isSuspect || contentAt(operation.path, root, operation.size) === operation.content;
}

function seenOf({ ino, changed }: KeepOperation): Pick<Stats, "ino" | "ctimeMs"> {
  return { ino, ctimeMs: changed };
}

function putBack(operation: KeepOperation, root: RootFs, areas: OpenAreas): void {
  const slot = `${operation.slot}.back`;
  const made = areas.slot(operation.area, slot);
  makeAgain(operation, made, root, areas);
  try {
    renameSync(made, root.at(operation.path));
  } catch (cause) {
    if (!isAcross(cause)) throw cause;
    bringCopyBack({ path: operation.path, area: operation.area, slot }, root, areas);
    unlinkSync(made);
  }
}

function makeAgain(operation: KeepOperation, made: string, root: RootFs, areas: OpenAreas): void {
  try {
    writeAgain(operation, made, areas);
  } catch (cause) {
    if (errnoOf(cause) !== "ENOSPC" || !root.lstat(operation.path)) throw cause;
    // The room of what a script made of it has to do.
    rmSync(made, { force: true });
    unlinkSync(root.at(operation.path));
    writeAgain(operation, made, areas);
  }
}

// As it was, but for extended attributes, and durable but for its name.
function writeAgain(operation: KeepOperation, made: string, areas: OpenAreas): void {
  const { area, slot, start, size, content, mode, uid, gid, written, path } = operation;
  if (lstatSync(made, { throwIfNoEntry: false })) unlinkSync(made);
  const from = openSync(areas.slot(area, slot), UNTRUSTED_READ);
  const to = openSync(made, NEW_FILE, 0o600);
  try {
    const hash = createHash("sha256");
    copyRange({ fd: from, start }, { fd: to, start: 0 }, size, (chunk) => hash.update(chunk));
    if (hash.digest("hex") !== content)
      throw new JamesError("DEVICE_IO", `what was kept of /${path} is damaged`, {
        hint: "See that the disk is sound; jamesd-ctl retry --id DEVICE tries again.",
      });
    if (needsOwner({ uid, gid })) fchownSync(to, uid, gid);
    fchmodSync(to, mode);
    futimesSync(to, written / 1000, written / 1000);
    fsyncSync(to);
  } finally {
    closeSync(to);
    closeSync(from);
  }
}

interface Place {
  readonly fd: number;
  readonly start: number;
}

// A file that has become shorter gives fewer: that is seen by who looks at what was copied.
function copyRange(from: Place, to: Place, size: number, copied: (chunk: Uint8Array) => void): void {
  const buffer = Buffer.allocUnsafe(Math.min(size, CHUNK));
  for (let done = 0; done < size; ) {
    const length = readSync(from.fd, buffer, 0, Math.min(buffer.length, size - done), from.start + done);
    if (length === 0) return;
    copied(buffer.subarray(0, length));
    for (let at = 0; at < length; ) at += writeSync(to.fd, buffer, at, length - at, to.start + done + at);
    done += length;
  }
}
