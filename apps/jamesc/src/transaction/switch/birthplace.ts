import { closeSync, fstatSync, lstatSync, openSync, renameSync, unlinkSync } from "node:fs";
import { givesToFiles } from "../disk/gives.ts";
import { NEW_FILE } from "../disk/new-file.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { parentOf } from "../disk/tree-path.ts";
import type { StagedEntry } from "../plan/compile.ts";
import { isAcross, noteBirthplace } from "./across.ts";
import type { OpenAreas } from "./area.ts";

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
    const nearest = this.#root.nearest(directory);
    const place = givesToFiles(nearest, this.#root)
      ? noteBirthplace(nearest, area, this.#count++, this.#root, this.#areas)
      : undefined;
    this.#known.set(key, place);
    return place;
  }

  // Who may write to the folder can put something else there in between: what came is looked at.
  #bear(place: string, slot: string): boolean {
    const path = this.#root.at(place);
    if (lstatSync(path, { throwIfNoEntry: false })) unlinkSync(path);
    const fd = openSync(path, NEW_FILE, 0o600);
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
