import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
  statfsSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { isTrustedUser } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { named } from "./device-error.ts";
import { isGuarded, readLink } from "./link.ts";
import { nameOf, parentOf } from "./tree-path.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
const MAX_LINKS = 40; // as Linux does, see path_resolution(7)

/** A directory below the root, opened: work on `at(name)` cannot be redirected by a link swapped in above it. */
export interface OpenDirectory {
  readonly fd: number;
  /** Its path below the root with every link resolved; "" is the root. */
  readonly path: string;
}

/** Where a directory really is. */
export interface Survey {
  /** Its path below the root with every link resolved; "" is the root. */
  readonly path: string;
  /** The path of the top of its file system, or of the root when that is of the same. */
  readonly top: string;
  /** Nobody but root, or the agent's user, can swap anything between the root and there. */
  readonly isGuarded: boolean;
  /** Names the file system, and the mount, between whose directories rename(2) works. */
  readonly key: string;
  /** The id of the mount (proc(5), /proc/pid/fdinfo). */
  readonly mount: number;
  /** The type of its file system (statfs(2)). */
  readonly type: number;
}

interface Level {
  readonly name: string;
  readonly fd: number;
}

/**
 * The file system below an install root, as a process that had chrooted there would see it: links, absolute ones as
 * well, are followed inside the root and never lead out of it (the meaning of RESOLVE_IN_ROOT in openat2(2)).
 * Each component is opened relative to its parent's descriptor without following links. A link that a user put there is
 * followed only into a directory of the same user: root would otherwise do in a directory of root what the user may not.
 */
export class RootFs {
  readonly #root: string;
  #last: { path: string; directory: OpenDirectory } | undefined;

  constructor(installRoot: string) {
    this.#root = realpathSync(installRoot);
  }

  /** Its real path. */
  get path(): string {
    return this.#root;
  }

  /** Where a path of the system lies below the root; undefined when it does not. */
  pathOf(path: string): string | undefined {
    const real = realpathSync(path);
    const prefix = this.#root === "/" ? "/" : `${this.#root}/`;
    return real.startsWith(prefix) ? real.slice(prefix.length) : undefined;
  }

  /** The same of what is at the path itself, or may come there: links above it are resolved, itself is not. */
  placeOf(path: string): string | undefined {
    const place = `${realNearest(dirname(path))}/${basename(path)}`.replace("//", "/");
    const prefix = this.#root === "/" ? "/" : `${this.#root}/`;
    return place.startsWith(prefix) ? place.slice(prefix.length) : undefined;
  }

  /** A path that names the entry safely, for one call into the file system; its parent must exist. */
  at(path: string): string {
    const directory = this.#parent(parentOf(path));
    return entryIn(directory.fd, nameOf(path));
  }

  /** What is at the path itself, a final link not followed; undefined when there is nothing. */
  lstat(path: string): Stats | undefined {
    try {
      // That there is nothing is common: an error made for it costs several times the call.
      return lstatSync(this.at(path), { throwIfNoEntry: false });
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw named("look at", `/${path}`, cause);
    }
  }

  /** The path of the directory that a path leads to, with every link resolved; undefined when it leads to none. */
  resolve(path: string): string | undefined {
    try {
      const directory = this.open(path);
      closeSync(directory.fd);
      return directory.path;
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw cause;
    }
  }

  /** True when the path leads to a directory, through a final link or not. */
  isDirectory(path: string): boolean {
    return this.resolve(path) !== undefined;
  }

  /** Why the path does not lead to a directory although a link stands there: it is not one to follow. */
  refusal(path: string): JamesError | undefined {
    try {
      closeSync(this.open(path).fd);
    } catch (cause) {
      if (cause instanceof JamesError) return cause;
    }
    return undefined;
  }

  /** Opens a directory; the caller closes its descriptor. @throws ENOENT, ENOTDIR, or JamesError PATH_UNSAFE for a link that is not followed, or too many */
  open(path: string): OpenDirectory {
    const levels = this.#walk(path);
    const resolved = pathOf(levels).slice(1);
    const { fd } = levels.pop() as Level;
    closeAll(levels);
    return { fd, path: resolved };
  }

  /** Looks at the deepest directory at or above the path that exists. */
  survey(path: string): Survey {
    const levels = this.#walkToNearest(path);
    try {
      const { fd } = top(levels);
      const keys = levels.map((level) => renameKey(level.fd));
      const key = keys[keys.length - 1] ?? "";
      const above = levels.slice(0, keys.findLastIndex((other) => other !== key) + 2);
      return {
        path: pathOf(levels).slice(1),
        top: pathOf(above).slice(1),
        isGuarded: above.every((level) => isGuarded(fstatSync(level.fd))),
        key,
        mount: mountId(fd),
        type: statfsSync(entryIn(fd, "")).type,
      };
    } finally {
      closeAll(levels);
    }
  }

  /** True when nobody but root, or the agent's user, can swap anything on the way to a directory, nor in it; of one that does not exist yet, as far as it does. */
  isGuarded(path: string): boolean {
    const levels = this.#walkToNearest(path);
    try {
      return levels.every(({ fd }) => isGuarded(fstatSync(fd)));
    } finally {
      closeAll(levels);
    }
  }

  /** Forgets the directory kept open: call it after directories were made or removed, and before scripts run. */
  forget(): void {
    if (this.#last) closeSync(this.#last.directory.fd);
    this.#last = undefined;
  }

  // Entries come sorted, so that the parent is nearly always the one before.
  #parent(path: string): OpenDirectory {
    if (this.#last?.path !== path) {
      const directory = this.open(path);
      this.forget();
      this.#last = { path, directory };
    }
    return this.#last.directory;
  }

  // The root, …, the directory, all open.
  #walk(path: string): Level[] {
    const levels: Level[] = [{ name: "", fd: openSync(this.#root, O_RDONLY | O_DIRECTORY) }];
    try {
      this.#descend(levels, path, { path, links: 0 });
      return levels;
    } catch (cause) {
      closeAll(levels);
      throw isMissing(cause) ? cause : named("enter", `/${path}`, cause);
    }
  }

  #walkToNearest(path: string): Level[] {
    try {
      return this.#walk(path);
    } catch (cause) {
      if (!isMissing(cause) || path === "") throw cause;
      return this.#walkToNearest(parentOf(path));
    }
  }

  #descend(levels: Level[], path: string, walk: Walk): void {
    for (const name of path.split("/")) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (levels.length > 1) closeSync((levels.pop() as Level).fd);
      } else if (!enter(levels, name)) this.#follow(levels, name, walk);
    }
  }

  #follow(levels: Level[], name: string, walk: Walk): void {
    const { fd } = top(levels);
    const link = readLink(entryIn(fd, name), fd);
    // What stood there was swapped in this moment.
    if (!link) throw new JamesError("PATH_UNSAFE", `/${walk.path} is being changed`);
    if (++walk.links > MAX_LINKS)
      throw new JamesError("PATH_UNSAFE", `/${walk.path} goes through too many symbolic links`);
    const at = `${pathOf(levels)}/${name}`;
    if (link.target.startsWith("/")) closeAll(levels.splice(1));
    this.#descend(levels, link.target, walk);
    if (isTrustedUser(link.uid)) return;
    const { uid } = fstatSync(top(levels).fd);
    if (uid !== link.uid) throw untrusted(at, link.uid, uid);
  }
}

// Below what is not there nothing is a link.
function realNearest(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    if (!isMissing(cause) || path === "/") throw cause;
    return `${realNearest(dirname(path))}/${basename(path)}`;
  }
}

/** Where a walk was to lead, and how many links it has followed. */
interface Walk {
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

function pathOf(levels: readonly Level[]): string {
  return levels.map(({ name }) => name).join("/");
}

function closeAll(levels: readonly Level[]): void {
  for (const { fd } of levels) closeSync(fd);
}

function top(levels: readonly Level[]): Level {
  return levels[levels.length - 1] as Level;
}

/** The entry of an open directory, as a path that the kernel resolves from the descriptor (proc(5)). */
export function entryIn(fd: number, name: string): string {
  return name === "" ? `/proc/self/fd/${fd}/.` : `/proc/self/fd/${fd}/${name}`;
}

/**
 * What two open directories have in common when rename(2) works between them: the mount (proc(5), /proc/pid/fdinfo), for it
 * fails between two mounts of one file system; and the device, which subvolumes of one mount have of their own (btrfs).
 */
export function renameKey(fd: number): string {
  return `${mountId(fd)} ${fstatSync(fd).dev}`;
}

/** The id of the mount that an open file is on (proc(5), /proc/pid/fdinfo). */
export function mountId(fd: number): number {
  const [, id] = /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return Number(id);
}

/** True for errors that mean: there is nothing at that path; a link that leads round in a circle leads to nothing, and where a name is too long there cannot be anything. */
export function isMissing(cause: unknown): boolean {
  if (cause instanceof JamesError) return cause.code === "PATH_UNSAFE";
  return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes((cause as NodeJS.ErrnoException).code ?? "");
}
