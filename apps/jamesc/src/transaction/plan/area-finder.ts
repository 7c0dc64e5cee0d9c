import { closeSync, openSync } from "node:fs";
import { type Area, checkReserved, STAGING_FOLDER } from "../disk/area.ts";
import { renameKey } from "../disk/descriptor.ts";
import type { Layout } from "../disk/layout.ts";
import { type Mount, MountTable } from "../disk/mounts.ts";
import type { RootFs, Survey } from "../disk/root-fs.ts";
import { pathIn } from "../disk/tree-path.ts";

/** Types of file systems that a power cut empties, see statfs(2): tmpfs, ramfs. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

/**
 * Finds where to stage files so that the switch can rename them into place: the state directory's staging folder for
 * everything on its file system, else a folder at the top of the file system, below the install root. Where others could
 * swap such a folder, the state directory's serves too, and the switch copies (`across.ts`).
 */
export class AreaFinder {
  readonly #root: RootFs;
  readonly #reserved: string | undefined;
  readonly #stateKey: string;
  readonly #areas: Area[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #byDirectory = new Map<string, number>();
  readonly #guarded = new Map<string, boolean>();
  readonly #table: MountTable;
  readonly #mounts = new Map<string, Mount>();
  readonly #otherMounts: Mount[] = [];

  /** `reserved` is the agent's own folder below the root, where no packet may put anything. */
  constructor(layout: Layout, root: RootFs, reserved: string | undefined) {
    this.#root = root;
    this.#reserved = reserved;
    this.#table = new MountTable(root.path);
    const fd = openSync(layout.stateDir, "r");
    this.#stateKey = renameKey(fd);
    closeSync(fd);
  }

  /** The areas found so far; `areaOf` gives indexes into it. */
  get areas(): readonly Area[] {
    return this.#areas;
  }

  /** File systems other than the install root's, as far as they were met. */
  get mounts(): readonly Mount[] {
    return this.#otherMounts;
  }

  /** For an operation in this directory: which of `mounts` that is on; nothing when it is on what the install root is on. */
  mountFor(directory: string): { readonly mount?: number } {
    const mount = this.mountOf(directory);
    if (mount.point === this.mountOf("").point) return {};
    const known = this.#otherMounts.findIndex(({ point }) => point === mount.point);
    return { mount: known === -1 ? this.#otherMounts.push(mount) - 1 : known };
  }

  /** What a directory is on, which need not exist yet. */
  mountOf(directory: string): Mount {
    const known = this.#mounts.get(directory);
    return known ?? this.#noteMount(directory, this.#root.survey(directory));
  }

  #noteMount(directory: string, { mount: id }: Survey): Mount {
    const mount = this.#table.get(id);
    this.#mounts.set(directory, mount);
    return mount;
  }

  /** True when nobody else can swap what is in a directory. */
  isGuarded(directory: string): boolean {
    const known = this.#guarded.get(directory) ?? this.#root.isGuarded(directory);
    this.#guarded.set(directory, known);
    return known;
  }

  /** The area for an entry of this directory, which need not exist yet. */
  areaOf(directory: string): number {
    const known = this.#byDirectory.get(directory);
    if (known !== undefined) return known;
    const survey = this.#root.survey(directory);
    // Resolved: no detour over links leads there either.
    checkReserved(survey.path, this.#reserved);
    this.#guarded.set(directory, survey.isGuardedWithin);
    const found = this.#areaAt(survey, this.#noteMount(directory, survey));
    this.#byDirectory.set(directory, found);
    return found;
  }

  #areaAt({ top, key, isGuarded, type }: Survey, mount: Mount): number {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const area: Area =
      key === this.#stateKey || !isGuarded
        ? { base: "state", path: "staging", isVolatile: false }
        : {
            base: "root",
            path: pathIn(top, STAGING_FOLDER),
            isVolatile: IN_MEMORY.has(type),
            mount,
          };
    const index = this.#indexOf(area);
    this.#byKey.set(key, index);
    return index;
  }

  #indexOf(area: Area): number {
    const known = this.#areas.findIndex(({ base, path }) => base === area.base && path === area.path);
    return known === -1 ? this.#areas.push(area) - 1 : known;
  }
}
