import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { isTrustedUser } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { entryIn, isMissing } from "./descriptor.ts";
import { named } from "./device-error.ts";
import { readLink } from "./link.ts";
import { parentOf } from "./tree-path.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
const MAX_LINKS = 40; // as Linux does, see path_resolution(7)

/** An open directory on the way that a walk went. */
export interface Level {
  readonly name: string;
  readonly fd: number;
}

/** Opens the root, …, the directory: each component relative to the one before; the caller closes them all. @throws ENOENT, ENOTDIR, or JamesError PATH_UNSAFE for a link that is not followed, or too many */
export function walk(root: string, path: string): Level[] {
  const levels: Level[] = [{ name: "", fd: openSync(root, O_RDONLY | O_DIRECTORY) }];
  try {
    descend(levels, path, { path, links: 0 });
    return levels;
  } catch (cause) {
    closeAll(levels);
    throw isMissing(cause) ? cause : named("enter", `/${path}`, cause);
  }
}

/** The same as far as the path exists. */
export function walkToNearest(root: string, path: string): Level[] {
  try {
    return walk(root, path);
  } catch (cause) {
    if (!isMissing(cause) || path === "") throw cause;
    return walkToNearest(root, parentOf(path));
  }
}

function descend(levels: Level[], path: string, way: Way): void {
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (levels.length > 1) closeSync((levels.pop() as Level).fd);
    } else if (!enter(levels, name)) follow(levels, name, way);
  }
}

function follow(levels: Level[], name: string, way: Way): void {
  const { fd } = top(levels);
  const link = readLink(entryIn(fd, name), fd);
  // What stood there was swapped in this moment.
  if (!link) throw new JamesError("PATH_UNSAFE", `/${way.path} is being changed`);
  if (++way.links > MAX_LINKS)
    throw new JamesError("PATH_UNSAFE", `/${way.path} goes through too many symbolic links`);
  const at = `${pathOf(levels)}/${name}`;
  if (link.target.startsWith("/")) closeAll(levels.splice(1));
  descend(levels, link.target, way);
  if (isTrustedUser(link.uid)) return;
  const { uid } = fstatSync(top(levels).fd);
  if (uid !== link.uid) throw untrusted(at, link.uid, uid);
}

/** Where a walk was to lead, and how many links it has followed. */
interface Way {
  readonly path: string;
  links: number;
}

// False when a link stands there.
function enter(levels: Level[], name: string): boolean {
  const path = entryIn(top(levels).fd, name);
  try {
    levels.push({ name, fd: openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) });
    return true;
  } catch (cause) {
    // A link opened as a directory without following is ENOTDIR or ELOOP (open(2)).
    if (!["ENOTDIR", "ELOOP"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
    if (!lstatSync(path).isSymbolicLink()) throw cause;
    return false;
  }
}

function untrusted(at: string, owner: number, target: number): JamesError {
  return new JamesError(
    "PATH_UNSAFE",
    `${at} is a link that user ${owner} made into a directory of user ${target}; it is not followed`,
    { hint: `Remove the link on the device, or let root own it: chown -h root ${at}` },
  );
}

/** The path that a walk led to, each link resolved; it begins with a slash, and the root is "". */
export function pathOf(levels: readonly Level[]): string {
  return levels.map(({ name }) => name).join("/");
}

/** Closes them. */
export function closeAll(levels: readonly Level[]): void {
  for (const { fd } of levels) closeSync(fd);
}

/** The last that was opened. */
export function top(levels: readonly Level[]): Level {
  return levels[levels.length - 1] as Level;
}
