import { closeSync, fstatSync, openSync, statfsSync } from "node:fs";
import { checkReserved, STAGING_FOLDER } from "./area.ts";
import type { Area } from "./journal-record.ts";
import type { Layout } from "./layout.ts";
import { mountId, type RootFs, type Survey } from "./root-fs.ts";

/** Types of file systems that a power cut empties, see statfs(2): tmpfs, ramfs. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

/**
 * Finds where to stage files so that the switch can rename them into place: the state directory's staging folder for
 * everything on its file system, else a folder at the top of the file system, below the install root. That is told by
 * mount and device: rename(2) fails with EXDEV between two mounts of one file system, and between two subvolumes of one
 * mount, which have device numbers of their own (btrfs).
 */
export class AreaFinder {
  readonly #root: RootFs;
  readonly #reserved: string | undefined;
  readonly #state: { readonly key: string; readonly isVolatile: boolean };
  readonly #areas: Area[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #byDirectory = new Map<string, number>();

  /** `reserved` is the agent's own folder below the root, where no packet may put anything. */
  constructor(layout: Layout, root: RootFs, reserved: string | undefined) {
    this.#root = root;
    this.#reserved = reserved;
    const fd = openSync(layout.stateDir, "r");
    const isVolatile = IN_MEMORY.has(statfsSync(layout.stateDir).type);
    this.#state = { key: keyOf(mountId(fd), fstatSync(fd).dev), isVolatile };
    closeSync(fd);
  }

  /** The areas found so far; `areaOf` gives indexes into it. */
  get areas(): readonly Area[] {
    return this.#areas;
  }

  /** The area for an entry of this directory, which need not exist yet. */
  areaOf(directory: string): number {
    const known = this.#byDirectory.get(directory);
    if (known !== undefined) return known;
    const survey = this.#root.survey(directory);
    // Resolved: no detour over links leads there either.
    checkReserved(survey.path, this.#reserved);
    const found = this.#areaAt(survey);
    this.#byDirectory.set(directory, found);
    return found;
  }

  #areaAt({ path, levels, type }: Survey): number {
    const keys = levels.map(({ mount, device }) => keyOf(mount, device));
    const key = keys[keys.length - 1] ?? "";
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    // The levels of the path from the top of its file system on.
    const top = keys.findLastIndex((other) => other !== key) + 1;
    const folder = path.split("/").slice(0, top).join("/");
    const area: Area =
      key === this.#state.key
        ? { base: "state", path: "staging", isVolatile: this.#state.isVolatile }
        : {
            base: "root",
            path: folder === "" ? STAGING_FOLDER : `${folder}/${STAGING_FOLDER}`,
            isVolatile: IN_MEMORY.has(type),
          };
    this.#byKey.set(key, this.#areas.length);
    return this.#areas.push(area) - 1;
  }
}

function keyOf(mount: number, device: number): string {
  return `${mount} ${device}`;
}
