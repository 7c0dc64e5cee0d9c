import { severalSyncs, syncPathAside } from "@jamesd/disk";
import { isMissing } from "../disk/descriptor.ts";
import { named } from "../disk/device-error.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { parentOf, pathIn } from "../disk/tree-path.ts";
import type { FileOperation, Operation } from "../journal/operation.ts";

const OWNER_READS = 0o400;

/**
 * Makes durable every directory in which names changed, or that got a mode or an owner. Files were made so when they were
 * staged. Those of one depth at once, the deepest first: where a directory was removed and made again, the old one with
 * all its names stands until the new one is whole.
 */
export async function syncDirectories(operations: readonly Operation[], root: RootFs): Promise<void> {
  root.forget();
  try {
    for (const directories of byDepth(changedDirectories(operations)).toReversed())
      await severalSyncs(directories, (directory) => syncDirectory(directory, root));
  } finally {
    root.forget();
  }
}

function changedDirectories(operations: readonly Operation[]): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const operation of operations) {
    if (operation.kind === "script") continue;
    changed.add(parentOf(operation.path));
    const modes = modesOf(operation);
    if (modes && canSyncLater(...modes)) changed.add(operation.path);
  }
  return changed;
}

/** The modes that an operation on a directory is about; undefined of others. */
function modesOf(operation: FileOperation): readonly number[] | undefined {
  switch (operation.kind) {
    case "mkdir":
    case "rmdir":
      return [operation.mode];
    case "mode":
      return [operation.from, operation.to];
    case "owner":
      return [];
    default:
      return undefined;
  }
}

/** False of a directory that this user cannot open when it has one of these modes: it is made durable as it gets that. */
export function canSyncLater(...modes: readonly number[]): boolean {
  return process.geteuid?.() === 0 || modes.every((mode) => (mode & OWNER_READS) !== 0);
}

/** The root first. */
function byDepth(directories: Iterable<string>): readonly (readonly string[])[] {
  const levels: string[][] = [];
  for (const directory of directories) {
    const depth = directory === "" ? 0 : directory.split("/").length;
    while (levels.length <= depth) levels.push([]);
    levels[depth]?.push(directory);
  }
  return levels;
}

async function syncDirectory(directory: string, root: RootFs): Promise<void> {
  try {
    await syncPathAside(root.at(pathIn(directory, ".")));
  } catch (cause) {
    // No directory any more, or a link that leads nowhere: then its parent is in the list.
    if (!isMissing(cause)) throw named("write to the disk the folder", `/${directory}`, cause);
  }
}
