import { closeSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { JamesError } from "@jamesd/model";
import type { Area } from "../disk/area.ts";
import { entryIn } from "../disk/descriptor.ts";
import { naming } from "../disk/device-error.ts";
import type { Layout } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { makeStagingFolder, openStagingFolder } from "../disk/staging-folder.ts";
import { nameOf, parentOf } from "../disk/tree-path.ts";

/** Staging areas while a transaction works in them: each is kept open, so that no swapped link can move it. */
export class OpenAreas {
  readonly #areas: readonly Area[];
  readonly #fds: number[];
  readonly #layout: Layout;
  #beforeAcross: (() => void) | undefined;

  private constructor(areas: readonly Area[], fds: number[], layout: Layout) {
    this.#areas = areas;
    this.#fds = fds;
    this.#layout = layout;
  }

  /**
   * Opens areas that exist: those of a journal. One that went with a file system in memory is made again, empty.
   * @throws JamesError DEVICE_IO when another one is gone, as with a file system that is not mounted, or something else stands there
   */
  static open(areas: readonly Area[], layout: Layout, root: RootFs): OpenAreas {
    const fds: number[] = [];
    try {
      for (const area of areas) fds.push(openArea(area, layout, root));
      return new OpenAreas(areas, fds, layout);
    } catch (cause) {
      for (const fd of fds) closeSync(fd);
      throw cause;
    }
  }

  /** Has this called once, before the first file is copied between file systems. */
  onAcross(before: () => void): void {
    this.#beforeAcross = before;
  }

  /** A file is about to be copied between file systems. @throws what the caller of `onAcross` does */
  announceAcross(): void {
    this.#beforeAcross?.();
    this.#beforeAcross = undefined;
  }

  /** The path of a slot, for one call into the file system. */
  slot(area: number, name: string): string {
    return entryIn(this.#fd(area), name);
  }

  /**
   * The same while files are staged, by a way that costs the kernel half: what was fetched is believed by its path in the
   * state directory as well. One that was put elsewhere by that is missed in its slot when it is to be placed.
   */
  stagedPath(area: number, name: string): string {
    return this.isHome(area) ? `${this.#layout.staging}/${name}` : this.slot(area, name);
  }

  /** The area itself, for fsync. */
  folder(area: number): string {
    return entryIn(this.#fd(area), "");
  }

  /** True when what is fetched gets another name in the area, and takes no room there. */
  isHome(area: number): boolean {
    return this.#areas[area]?.base === "state";
  }

  /** What people know the area by. */
  name(area: number): string {
    const found = this.#areas[area];
    return found ? display(found, this.#layout) : "";
  }

  /** True when there is something in that slot. */
  has(area: number, slot: string): boolean {
    return lstatSync(this.slot(area, slot), { throwIfNoEntry: false }) !== undefined;
  }

  get count(): number {
    return this.#fds.length;
  }

  close(): void {
    for (const fd of this.#fds.splice(0)) closeSync(fd);
  }

  #fd(area: number): number {
    const fd = this.#fds[area];
    if (fd === undefined) throw new JamesError("JOURNAL_CORRUPT", `the journal has no staging area ${area}`);
    return fd;
  }
}

/** The path of an area, for one call into the file system; its parent must exist. */
export function areaPath(area: Area, layout: Layout, root: RootFs): string {
  return area.base === "state" ? join(layout.stateDir, area.path) : root.at(area.path);
}

/** Opens the directory that an area's folder is in; the caller closes it. */
export function openParent({ base, path }: Area, layout: Layout, root: RootFs): number {
  return base === "state" ? openSync(layout.stateDir, "r") : root.open(parentOf(path)).fd;
}

function openArea(area: Area, layout: Layout, root: RootFs): number {
  const parent = openParent(area, layout, root);
  const name = nameOf(area.path);
  try {
    if (area.isVolatile && !lstatSync(entryIn(parent, name), { throwIfNoEntry: false }))
      makeStagingFolder(parent, name);
    return naming("open the staging folder", display(area, layout), () =>
      openStagingFolder(parent, name, display(area, layout)),
    );
  } finally {
    closeSync(parent);
  }
}

/** What people know an area by. */
export function display(area: Area, layout: Layout): string {
  return area.base === "state" ? join(layout.stateDir, area.path) : `/${area.path}`;
}
