import { closeSync, lstatSync, openSync, readdirSync, renameSync, type Stats, unlinkSync } from "node:fs";
import type { ScriptName } from "@jamesd/model";
import { isMissing } from "../disk/descriptor.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { parentOf } from "../disk/tree-path.ts";
import { OLD_SLOT, type OperationOf } from "../journal/operation.ts";
import { bringBackAcross, bringCopyBack, dropPlaced, isAcross, takeBackAcross } from "./across.ts";
import type { OpenAreas } from "./area.ts";
import { disarm } from "./disarm.ts";
import type { Executors } from "./execute.ts";
import { bringBackKept } from "./keep.ts";
import { makeParents, makeWay } from "./make-way.ts";
import { removeDirectory, restoreDirectory, setMode, setOwner } from "./switch.ts";

/** The script that undoes a script: what would run had the opposite been wished. A healthcheck changes nothing. */
export const COUNTERPARTS: { readonly [name in ScriptName]?: ScriptName } = {
  preinst: "postrm",
  postinst: "prerm",
  prerm: "postinst",
  postrm: "preinst",
};

/**
 * Undoes an operation, done or not: whether it was done is read from the file system, so that undoing may itself be
 * interrupted and begun again any number of times.
 */
export const UNDO: Executors = {
  aside: { doing: "bring back", run: bringBack },
  place: { doing: "take back", run: takeBack },
  keep: { doing: "bring back", run: bringBackKept },
  mkdir: { doing: "remove the folder", run: ({ path }, root) => removeDirectory(path, root) },
  rmdir: { doing: "bring back the folder", run: bringBackDirectory },
  mode: {
    doing: "change back the mode of",
    run: ({ path, from, to }, root) => setMode({ path, from: to, to: from }, root),
  },
  owner: {
    doing: "change back the owner of",
    run: ({ path, from, to }, root) => setOwner({ path, from: to, to: from }, root),
  },
};

function bringBack(operation: OperationOf<"aside">, root: RootFs, areas: OpenAreas): void {
  const { path, area, slot } = operation;
  if (bringBackAcross(operation, root, areas)) return;
  if (!lstat(areas.slot(area, slot))) return;
  // A script may have removed the folder, or put one in the place of the file: nobody's bytes are lost.
  makeParents(path, slot, root);
  if (root.lstat(path)?.isDirectory()) makeWay(path, slot, root);
  try {
    renameSync(areas.slot(area, slot), root.at(path));
  } catch (cause) {
    if (!isAcross(cause)) throw cause;
    bringCopyBack(operation, root, areas);
  }
}

function takeBack(operation: OperationOf<"place">, root: RootFs, areas: OpenAreas): void {
  const { path, area, slot } = operation;
  if (takeBackAcross(operation, root, areas)) return;
  const waiting = areas.slot(area, slot);
  const there = root.lstat(path);
  const held = lstat(waiting);
  if (held) {
    // A power cut in the middle of a rename between two folders can leave both names, as it does on btrfs.
    if (there && there.ino === held.ino && there.dev === held.dev) unlinkSync(root.at(path));
    return;
  }
  const isFile = there !== undefined && !there.isDirectory();
  // Under two names it is the old file, which a cut left here although it is set aside as well. Moved into this slot it
  // would be taken for ours at the next try, when it has been brought back.
  if (isFile && there.nlink > 1) {
    if (isNewProgram(there, operation, areas) && root.isGuarded(parentOf(path))) disarm(root.at(path));
    unlinkSync(root.at(path));
  }
  // The slot is filled in any case: an empty one would mean, at the next try, that what stands at the path is ours.
  if (isFile && there.nlink === 1) moveBack(operation, root, waiting, areas);
  else closeSync(openSync(waiting, "wx"));
}

function moveBack(operation: OperationOf<"place">, root: RootFs, waiting: string, areas: OpenAreas): void {
  try {
    renameSync(root.at(operation.path), waiting);
  } catch (cause) {
    if (!isAcross(cause)) throw cause;
    dropPlaced(operation, root, areas);
  }
  // Somebody who may write there put a folder in its place in this moment: that is not ours to discard.
  if (!lstat(waiting)?.isDirectory()) return;
  renameSync(waiting, root.at(operation.path));
  closeSync(openSync(waiting, "wx"));
}

// One with rights of its own, and not the old one, which is to have them still.
function isNewProgram(
  { ino, dev, mode }: Stats,
  { area, capability }: OperationOf<"place">,
  areas: OpenAreas,
): boolean {
  if ((mode & 0o6000) === 0 && capability === undefined) return false;
  const old = readdirSync(areas.folder(area)).filter((name) => name.startsWith(OLD_SLOT));
  const held = old.map((name) => lstat(areas.slot(area, name)));
  return !held.some((one) => one?.ino === ino && one.dev === dev);
}

function bringBackDirectory(operation: OperationOf<"rmdir">, root: RootFs): void {
  const { path } = operation;
  if (root.lstat(path) !== undefined && !root.isDirectory(path)) makeWay(path, "old", root);
  restoreDirectory(operation, root);
}

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}
