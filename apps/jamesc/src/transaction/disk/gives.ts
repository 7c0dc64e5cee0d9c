import { closeSync, constants, existsSync, fstatSync, openSync } from "node:fs";
import { entryIn } from "./descriptor.ts";
import type { RootFs } from "./root-fs.ts";

const { O_DIRECTORY, O_WRONLY } = constants;
/** A file without a name (open(2)); Node has no name for the flag. */
const O_TMPFILE = 0o20000000 | O_DIRECTORY;

/** True when a folder gives something to the files that are made in it: a default ACL (acl(5)) or the label that SELinux gives there. */
export function givesToFiles(directory: string, root: RootFs): boolean {
  if (existsSync("/sys/fs/selinux/enforce")) return true;
  const { fd } = root.open(directory);
  try {
    return hasDefaultAcl(fd);
  } finally {
    closeSync(fd);
  }
}

// In a folder with one the umask counts for nothing (umask(2)): what is made there under the strictest has some mode.
function hasDefaultAcl(folder: number): boolean {
  const before = process.umask(0o777);
  try {
    const fd = openSync(entryIn(folder, ""), O_WRONLY | O_TMPFILE, 0o777);
    try {
      return (fstatSync(fd).mode & 0o777) !== 0;
    } finally {
      closeSync(fd);
    }
  } catch {
    // A file system that has no such files has, as a rule, no ACLs either.
    return false;
  } finally {
    process.umask(before);
  }
}
