import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from "node:fs";
import { entryIn } from "../disk/descriptor.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { parentOf } from "../disk/tree-path.ts";
import type { StagedEntry } from "../plan/compile.ts";
import { isAcross, noteBirthplace } from "./across.ts";
import type { OpenAreas } from "./area.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
/** A file without a name (open(2)); Node has no name for the flag. */
const O_TMPFILE = 0o20000000 | O_DIRECTORY;

/**
 * Where a folder gives something to the files that are made in it, a default ACL (acl(5)) or the label that SELinux gives
 * there, new files are made in that folder, empty, and moved into their slots before anything is written to them: nothing
 * else that Node has carries such attributes over. A folder that is not there yet gives what the nearest one above it gives.
 */
export class Birthplaces {
  readonly #root: RootFs;
  readonly #areas: OpenAreas;
  // By directory, the path to make files at; undefined where the directory gives them nothing.
  readonly #known = new Map<string, string | undefined>();
  readonly #hasLabels = existsSync("/sys/fs/selinux/enforce");
  #count = 0;

  constructor(root: RootFs, areas: OpenAreas) {
    this.#root = root;
    this.#areas = areas;
  }

  /** Makes an empty file in the slot, with what its folder gives. False when that is nothing, and then there is none. */
  make({ entry, area, slot }: StagedEntry): boolean {
    const place = this.#placeFor(parentOf(entry.path), area);
    return place !== undefined && this.#bear(place, this.#areas.slot(area, slot));
  }

  #placeFor(directory: string, area: number): string | undefined {
    const key = `${area} ${directory}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const nearest = this.#root.survey(directory).path;
    const place = this.#gives(nearest)
      ? noteBirthplace(nearest, area, this.#count++, this.#root, this.#areas)
      : undefined;
    this.#known.set(key, place);
    return place;
  }

  #gives(directory: string): boolean {
    if (this.#hasLabels) return true;
    const { fd } = this.#root.open(directory);
    try {
      return hasDefaultAcl(fd);
    } finally {
      closeSync(fd);
    }
  }

  // Who may write to the folder can put something else there in between: what came is looked at.
  #bear(place: string, slot: string): boolean {
    const path = this.#root.at(place);
    if (lstatSync(path, { throwIfNoEntry: false })) unlinkSync(path);
    const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      renameSync(path, slot);
      if (lstatSync(slot).ino === fstatSync(fd).ino) return true;
      unlinkSync(slot);
    } catch (cause) {
      // The area is beyond a mount: the file gets what the area gives.
      if (!isAcross(cause)) throw cause;
      unlinkSync(path);
    } finally {
      closeSync(fd);
    }
    return false;
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
