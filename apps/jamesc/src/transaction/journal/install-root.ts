import { realpathSync, statSync } from "node:fs";
import { relative } from "node:path";
import { JamesError } from "@jamesd/model";
import { isSameMount, type Mount, MountTable } from "../disk/mounts.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { bootId } from "../scripts/script-process.ts";

/** Which directory an install root is. */
export interface InstallRoot {
  readonly path: string;
  /** The same from the state directory: both may be moved together, as an image of a device is. */
  readonly fromState: string;
  readonly inode: number;
  readonly mount: Mount;
  /** The start of the device (`boot_id` of the kernel) in which this was seen. */
  readonly boot: string;
}

/** Types of file systems on which a directory keeps its inode number when they are mounted anew. */
const LASTING = new Set(["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"]);

/** Looks at the install root. */
export function describeRoot(root: RootFs, stateDir: string): InstallRoot {
  const { path } = root;
  const { ino: inode } = statSync(path);
  const mount = new MountTable(path).at(path);
  return { path, fromState: relative(realpathSync(stateDir), path), inode, mount, boot: bootId() };
}

/** True when one is the other, as far as can be told. */
function isSameRoot(noted: InstallRoot, now: InstallRoot): boolean {
  // Moved with the state directory: everything about it may be new.
  if (noted.path !== now.path) return noted.fromState === now.fromState;
  if (!isSameMount(noted.mount, now.mount, false)) return false;
  const isComparable = noted.boot === now.boot || LASTING.has(now.mount.type);
  return !isComparable || noted.inode === now.inode;
}

/** @throws JamesError ROOT_CHANGED when it is another one */
export function checkRoot(noted: InstallRoot | null | undefined, now: InstallRoot): void {
  if (!noted || isSameRoot(noted, now)) return;
  const what =
    noted.path === now.path ? "another directory, or file system, than it was" : `not ${noted.path}`;
  throw new JamesError("ROOT_CHANGED", `the install root ${now.path} is ${what}; nothing was changed`, {
    hint: "Start jamesc with the --install-root that this --state-dir belongs to, and mount what belongs there. Did it move for good: start it once with --accept-root.",
  });
}
