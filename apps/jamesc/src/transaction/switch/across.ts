import { randomBytes } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, renameSync, unlinkSync } from "node:fs";
import { makeDurably, syncPath } from "@jamesd/disk";
import { copyWhole, ITS_OWN } from "../disk/copy-whole.ts";
import { entryIn, isMissing } from "../disk/descriptor.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { nameOf, parentOf, pathIn } from "../disk/tree-path.ts";
import { UNTRUSTED_READ } from "../disk/untrusted-read.ts";
import { NEW_SLOT, OLD_SLOT, type OperationOf } from "../journal/operation.ts";
import type { OpenAreas } from "./area.ts";
import { makeParents, makeWay } from "./make-way.ts";

/**
 * Operations whose path turned out to be on another file system than their slot: a script put a link to another disk in the
 * place of a directory, or there is no place for a slot there that others cannot swap. What comes is copied beside its path
 * and renamed; what goes is renamed to the top of its file system, for its own directory may have to go. A note in the
 * area, which is durable before anything is done, says that it went so: it is what undoing goes by.
 */
export const ACROSS = ".across";

/** What the name of a note ends with that says where files are made; see birthplace.ts. */
const BIRTHPLACE = ".born";

interface Note {
  /** The path with its links resolved, as it was then. */
  readonly place: string;
  /** Where the file is besides: what comes before it is renamed, what goes until it is deleted. */
  readonly beside: string;
}

type Moved = Pick<OperationOf<"place"> | OperationOf<"aside">, "path" | "area" | "slot">;

/** True for the error of rename(2) between two file systems, or mounts. */
export function isAcross(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === "EXDEV";
}

/** Puts a copy of the slot in place. Done: the note exists, the slot as well. */
export function placeAcross(operation: OperationOf<"place">, root: RootFs, areas: OpenAreas): void {
  const place = placeOf(operation.path, root);
  const beside = besideIn(parentOf(place), operation.slot);
  // Undoing will take what stands there for the copy: the old file must be away for certain.
  for (let area = 0; area < areas.count; area++) syncPath(areas.folder(area));
  syncParent(place, root);
  noteMove(operation, { place, beside }, areas);
  renameCopy(operation, place, operation.capability, root, areas);
}

/** Undoes that; false when it did not go so. */
export function takeBackAcross(operation: OperationOf<"place">, root: RootFs, areas: OpenAreas): boolean {
  const note = noteOf(operation, areas);
  if (!note) return false;
  remove(note.beside, root);
  remove(note.place, root);
  syncParent(note.place, root);
  // Without it the old file, which comes back next, could be taken for the copy.
  unlinkSync(areas.slot(operation.area, operation.slot + ACROSS));
  syncPath(areas.folder(operation.area));
  return true;
}

/** Moves what stands at the path to the top of its file system. Done: the note exists, and what it names. */
export function setAsideAcross(operation: OperationOf<"aside">, root: RootFs, areas: OpenAreas): void {
  const place = placeOf(operation.path, root);
  const beside = besideIn(root.survey(parentOf(place)).top, operation.slot);
  noteMove(operation, { place, beside }, areas);
  rename(place, beside, root);
  // First where it is now, so that it is never in neither place.
  syncParent(beside, root);
}

/** Undoes that; false when it did not go so. */
export function bringBackAcross(operation: OperationOf<"aside">, root: RootFs, areas: OpenAreas): boolean {
  const note = noteOf(operation, areas);
  if (!note) return false;
  const { place, beside } = note;
  if (!root.lstat(beside)) return true;
  makeParents(place, operation.slot, root);
  if (root.lstat(place)?.isDirectory()) makeWay(place, operation.slot, root);
  rename(beside, place, root);
  syncParent(place, root);
  // After a power cut both may be names of the one file: then rename(2) does nothing.
  remove(beside, root);
  syncParent(beside, root);
  return true;
}

/** Brings a file back that was moved into its slot, when its path is on another file system now. The slot keeps it too. */
export function bringCopyBack(operation: Moved, root: RootFs, areas: OpenAreas): void {
  const place = placeOf(operation.path, root);
  renameCopy(operation, place, ITS_OWN, root, areas);
  syncParent(place, root);
}

/** Undoes a placing by rename when the path is on another file system now: the file goes, and the slot says so. */
export function dropPlaced({ path, area, slot }: OperationOf<"place">, root: RootFs, areas: OpenAreas): void {
  remove(path, root);
  syncParent(path, root);
  closeSync(openSync(areas.slot(area, slot), "wx"));
  syncPath(areas.folder(area));
}

/** Notes in an area, durably, where files are made that are then moved into it: a crash in between leaves one there. @returns the path to make them at */
export function noteBirthplace(
  directory: string,
  area: number,
  number: number,
  root: RootFs,
  areas: OpenAreas,
): string {
  // A name that nobody can have taken beforehand.
  const name = `born-${randomBytes(6).toString("hex")}`;
  const beside = besideIn(root.resolve(directory) ?? directory, name);
  writeNote(areas.slot(area, `${NEW_SLOT}${number}${BIRTHPLACE}`), { place: directory, beside });
  syncPath(areas.folder(area));
  return beside;
}

/** Deletes what lies elsewhere for the slots of an area that is to go, durably: old files, and one that was being made. `folder` is the area's path. */
export function discardBeside(folder: string, root: RootFs): void {
  for (const name of readdirSync(folder)) {
    if (!(name.startsWith(OLD_SLOT) && name.endsWith(ACROSS)) && !name.endsWith(BIRTHPLACE)) continue;
    const note = readNote(`${folder}/${name}`);
    if (!note) continue;
    remove(note.beside, root);
    syncParent(note.beside, root);
  }
}

function renameCopy(
  { area, slot }: Moved,
  place: string,
  capability: string | undefined,
  root: RootFs,
  areas: OpenAreas,
): void {
  const copy = besideIn(parentOf(place), slot);
  remove(copy, root);
  copyWhole(areas.slot(area, slot), root.at(copy), capability);
  rename(copy, place, root);
}

/** Where in a directory the file of a slot is for a while. */
function besideIn(directory: string, slot: string): string {
  return pathIn(directory, `.jamesc-${slot}`);
}

function placeOf(path: string, root: RootFs): string {
  return pathIn(root.resolve(parentOf(path)) ?? parentOf(path), nameOf(path));
}

function noteMove({ area, slot }: Moved, note: Note, areas: OpenAreas): void {
  areas.announceAcross();
  writeNote(areas.slot(area, slot + ACROSS), note);
  syncPath(areas.folder(area));
}

function writeNote(path: string, note: Note): void {
  makeDurably(path, JSON.stringify(note));
}

function noteOf({ area, slot }: Moved, areas: OpenAreas): Note | undefined {
  return readNote(areas.slot(area, slot + ACROSS));
}

// One that a crash left half-written is as good as none: nothing had been done yet.
function readNote(path: string): Note | undefined {
  try {
    return JSON.parse(readFileSync(path, { encoding: "utf8", flag: UNTRUSTED_READ })) as Note;
  } catch (cause) {
    if (isMissing(cause) || cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

// Both directories are held open: a path of `root.at` is good for one call.
function rename(from: string, to: string, root: RootFs): void {
  const source = root.open(parentOf(from));
  try {
    renameSync(entryIn(source.fd, nameOf(from)), root.at(to));
  } finally {
    closeSync(source.fd);
  }
}

// A directory is never what was put there.
function remove(path: string, root: RootFs): void {
  const there = root.lstat(path);
  if (there && !there.isDirectory()) unlinkSync(root.at(path));
}

function syncParent(place: string, root: RootFs): void {
  try {
    syncPath(root.at(pathIn(parentOf(place), ".")));
  } catch (cause) {
    // It went with everything in it.
    if (!isMissing(cause)) throw cause;
  }
}
