import { JamesError } from "@jamesd/model";
import { isSameMount, type Mount, MountTable } from "../disk/mounts.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { parentOf } from "../disk/tree-path.ts";
import { checkRoot, describeRoot } from "../journal/install-root.ts";
import type { BeginRecord } from "../journal/journal-record.ts";
import type { FileOperation, Operation } from "../journal/operation.ts";
import { ACROSS } from "./across.ts";
import type { OpenAreas } from "./area.ts";

/** How things were before the first change. */
export type Noted = Pick<BeginRecord, "root" | "mounts">;

/**
 * Sees, before anything is undone, that every directory in which something may have been done is where it was then: what
 * was mounted over it since, or is no longer mounted, would hide what has to be undone. Changes nothing. Where a link has
 * come into the path since, it is the link's doing, and undoing knows of it (across.ts).
 * @param noted says nothing in journals of the first jamesc
 * @throws JamesError ROOT_CHANGED, MOUNT_CHANGED
 */
export function checkWhere(
  operations: readonly Operation[],
  noted: Noted | undefined,
  areas: OpenAreas,
  root: RootFs,
  stateDir: string,
): void {
  if (!noted?.root) return;
  const now = describeRoot(root, stateDir);
  checkRoot(noted.root, now);
  const isSameStart = noted.root.boot === now.boot && noted.root.path === now.path;
  const mountOf = mountFinder(root);
  for (const operation of operations) {
    if (operation.kind === "script" || !mayBeDone(operation, areas)) continue;
    const then = operation.mount === undefined ? noted.root.mount : noted.mounts?.[operation.mount];
    const there = mountOf(parentOf(operation.path));
    if (then && there && !isSameMount(then, there, isSameStart)) throw moved(operation.path, then, there);
  }
}

// By the slot, for names in the tree may be hidden. Of directories it cannot be told.
function mayBeDone(operation: FileOperation, areas: OpenAreas): boolean {
  if (operation.kind !== "aside" && operation.kind !== "place") return true;
  const { kind, area, slot } = operation;
  return areas.has(area, slot + ACROSS) || areas.has(area, slot) === (kind === "aside");
}

/** Finds what directories are on, looking at each once; undefined where the path goes through a link. */
function mountFinder(root: RootFs): (directory: string) => Mount | undefined {
  const table = new MountTable(root.path);
  const known = new Map<string, Mount | undefined>();
  const find = (directory: string): Mount | undefined => {
    const { path, mount } = root.survey(directory);
    return path === "" || `${directory}/`.startsWith(`${path}/`) ? table.get(mount) : undefined;
  };
  return (directory) => {
    if (!known.has(directory)) known.set(directory, find(directory));
    return known.get(directory);
  };
}

function moved(path: string, then: Mount, now: Mount): JamesError {
  return new JamesError(
    "MOUNT_CHANGED",
    `/${path} was on ${described(then)} and is on ${described(now)} now`,
    { hint: "Unmount what was mounted over it, or mount what is away." },
  );
}

function described({ point, type }: Mount): string {
  return `the ${type} at /${point}`;
}
