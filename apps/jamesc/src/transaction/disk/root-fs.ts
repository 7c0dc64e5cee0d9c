import { closeSync, fstatSync, lstatSync, realpathSync, type Stats } from "node:fs";
import { basename, dirname } from "node:path";
import { JamesError } from "@jamesd/model";
import { entryIn, isMissing, mountOf, renameKey } from "./descriptor.ts";
import { named } from "./device-error.ts";
import { fileSystemType, RealModes } from "./real-modes.ts";
import { isIn, isInOrAbove, nameOf, parentOf } from "./tree-path.ts";
import { closeAll, type Level, pathOf, top, walk, walkToNearest } from "./walk.ts";

/** What the names of a directory are put behind. */
interface Entrance {
  readonly path: string;
  readonly prefix: string;
  /** Of the directory, where it is entered by that. */
  readonly fd: number | undefined;
  /** Its path leads to it as it stands, without a link, and so do those of the directories above. */
  readonly isPlain: boolean;
}

const MAY_BE_MISSING = { throwIfNoEntry: false };

/** A path that is longer is refused (PATH_MAX, limits(7)); a name has at most 255 bytes. */
const LONGEST_PREFIX_BYTES = 4096 - 256;

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
  /** The same of all the way there, and in it (`isGuarded`). */
  readonly isGuardedWithin: boolean;
  /** Names the file system, and the mount, between whose directories rename(2) works. */
  readonly key: string;
  /** The id of the mount (proc(5), /proc/pid/fdinfo). */
  readonly mount: number;
  /** The type of its file system (statfs(2)). */
  readonly type: number;
}

/**
 * The file system below an install root, as a process that had chrooted there would see it: links, absolute ones as
 * well, are followed inside the root and never lead out of it (the meaning of RESOLVE_IN_ROOT in openat2(2)).
 * Each component is opened relative to its parent's descriptor without following links. A link that a user put there is
 * followed only into a directory of the same user: root would otherwise do in a directory of root what the user may not.
 */
export class RootFs {
  readonly #root: string;
  /** The same with a slash behind. */
  readonly #base: string;
  #last: Entrance | undefined;
  /** Nobody but root, or the agent's user, can swap the root; undefined: not looked at. */
  #isRootGuarded: boolean | undefined;
  readonly #realModes = new RealModes();

  constructor(installRoot: string) {
    this.#root = realpathSync(installRoot);
    this.#base = this.#root === "/" ? "/" : `${this.#root}/`;
  }

  /** Its real path. */
  get path(): string {
    return this.#root;
  }

  /** Where a path of the system lies below the root; undefined when it does not. */
  pathOf(path: string): string | undefined {
    const real = realpathSync(path);
    return real.startsWith(this.#base) ? real.slice(this.#base.length) : undefined;
  }

  /** The same of what is at the path itself, or may come there: links above it are resolved, itself is not. */
  placeOf(path: string): string | undefined {
    const place = `${realNearest(dirname(path))}/${basename(path)}`.replace("//", "/");
    return place.startsWith(this.#base) ? place.slice(this.#base.length) : undefined;
  }

  /** A path that names the entry safely, for one call into the file system; its parent must exist. */
  at(path: string): string {
    // A directory above is as good to go by as the one that was entered.
    if (this.#last?.isPlain && isInOrAbove(path, this.#last.path)) return this.#base + (path || ".");
    return this.#entrance(path).prefix + (nameOf(path) || ".");
  }

  /** What is at the path itself, a final link not followed; undefined when there is nothing. */
  lstat(path: string): Stats | undefined {
    try {
      // That there is nothing is common: an error made for it costs several times the call.
      return lstatSync(this.at(path), MAY_BE_MISSING);
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
    const there = this.lstat(path);
    return (
      there?.isDirectory() === true || (there?.isSymbolicLink() === true && this.resolve(path) !== undefined)
    );
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
    const levels = walk(this.#root, path);
    const resolved = pathOf(levels).slice(1);
    const { fd } = levels.pop() as Level;
    closeAll(levels);
    return { fd, path: resolved };
  }

  /** The path of the deepest directory at or above the path that exists, with every link resolved. */
  nearest(path: string): string {
    const levels = walkToNearest(this.#root, path);
    closeAll(levels);
    return pathOf(levels).slice(1);
  }

  /** Looks at the deepest directory at or above the path that exists. */
  survey(path: string): Survey {
    const levels = walkToNearest(this.#root, path);
    try {
      const { fd } = top(levels);
      const guarded = levels.map((level) => this.#isGuardedLevel(level));
      const keys = levels.map((level) => renameKey(level.fd));
      const key = keys[keys.length - 1] ?? "";
      const above = keys.findLastIndex((other) => other !== key) + 2;
      return {
        path: pathOf(levels).slice(1),
        top: pathOf(levels.slice(0, above)).slice(1),
        isGuarded: guarded.slice(0, above).every(Boolean),
        isGuardedWithin: guarded.every(Boolean),
        key,
        mount: mountOf(key),
        type: fileSystemType(entryIn(fd, "")),
      };
    } finally {
      closeAll(levels);
    }
  }

  /** True when nobody but root, or the agent's user, can swap anything on the way to a directory, nor in it; of one that does not exist yet, as far as it does. */
  isGuarded(path: string): boolean {
    const levels = walkToNearest(this.#root, path);
    try {
      return levels.every((level) => this.#isGuardedLevel(level));
    } finally {
      closeAll(levels);
    }
  }

  /** Forgets the directory that was entered last: call it after directories were removed or given another mode or owner, and before scripts run. */
  forget(): void {
    this.#leave();
    this.#isRootGuarded = undefined;
    this.#realModes.forget();
  }

  // Entries come sorted, so that the parent is nearly always the one before.
  #entrance(path: string): Entrance {
    if (this.#last && isIn(path, this.#last.path)) return this.#last;
    const entrance = this.#enter(parentOf(path));
    this.#leave();
    this.#last = entrance;
    return entrance;
  }

  #leave(): void {
    if (this.#last?.fd !== undefined) closeSync(this.#last.fd);
    this.#last = undefined;
  }

  // Where nobody could swap anything on the way, its path does as well, and the kernel is twice as fast with it.
  #enter(path: string): Entrance {
    const levels = walk(this.#root, path);
    const isSafe = levels.every((level) => this.#isGuardedLevel(level)) && this.#isGuardedAbove();
    const place = pathOf(levels).slice(1);
    const real = place === "" ? this.#base : `${this.#base}${place}/`;
    const isPath = isSafe && Buffer.byteLength(real) <= LONGEST_PREFIX_BYTES;
    const { fd } = isPath ? top(levels) : (levels.pop() as Level);
    closeAll(levels);
    if (isPath) return { path, prefix: real, fd: undefined, isPlain: place === path };
    return { path, prefix: `/proc/self/fd/${fd}/`, fd, isPlain: false };
  }

  #isGuardedAbove(): boolean {
    this.#isRootGuarded ??= foldersOver(this.#root).every((folder) =>
      this.#realModes.guard(lstatSync(folder), folder),
    );
    return this.#isRootGuarded;
  }

  #isGuardedLevel({ fd }: Level): boolean {
    return this.#realModes.guard(fstatSync(fd), entryIn(fd, ""));
  }
}

function foldersOver(path: string): readonly string[] {
  return path === "/" ? [] : [...foldersOver(dirname(path)), dirname(path)];
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
