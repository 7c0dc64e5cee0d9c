import type { Stats } from "node:fs";
import { JamesError } from "@jamesd/model";
import type { RootFs } from "../disk/root-fs.ts";
import type { Operation } from "../journal/operation.ts";

/** What the device was seen to have at a path: whoever writes to it, or puts another in its place, changes that. */
export function likeness({ ino, size, mtimeMs, mode, uid, gid }: Stats): string {
  // Set-id bits are taken from what goes away.
  return [ino, size, mtimeMs, (mode & 0o1777).toString(8), uid, gid].join(" ");
}

/** The paths of what was set aside, or was to be, and is not as it was before the first script ran. */
export function notAsBefore(operations: readonly Operation[], root: RootFs): readonly string[] {
  return operations.flatMap((operation) => {
    if (operation.kind !== "aside" || operation.was === undefined) return [];
    const there = root.lstat(operation.path);
    return there && likeness(there) === operation.was ? [] : [operation.path];
  });
}

/** Why a transaction failed, with what undoing could not bring back. */
export function withDifferences(error: JamesError, paths: readonly string[]): JamesError {
  const [first] = paths;
  if (first === undefined) return error;
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : "";
  const { code, message, hint } = error;
  return new JamesError(code, `${message}; it was undone, but /${first}${more} did not stay as before`, {
    hint: `A script, or somebody, changed that meanwhile. ${hint ?? ""}`.trim(),
    cause: error,
  });
}
