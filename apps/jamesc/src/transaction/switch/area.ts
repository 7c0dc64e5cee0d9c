import { closeSync, lstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { syncPath } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import type { Area } from "../disk/area.ts";
import { errnoOf, named } from "../disk/device-error.ts";
import type { Layout } from "../disk/layout.ts";
import { entryIn, isMissing, type RootFs } from "../disk/root-fs.ts";
import {
  makeStagingFolder,
  openStagingFolder,
  removeStagingFolder,
  removeWhole,
} from "../disk/staging-folder.ts";
import { nameOf, parentOf } from "../disk/tree-path.ts";
import { discardBeside } from "./across.ts";

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

  /** Makes the areas, empty, and opens them. @throws JamesError DEVICE_IO or STORAGE_FULL when one cannot be made, such as on a read-only file system */
  static make(areas: readonly Area[], layout: Layout, root: RootFs): OpenAreas {
    discardAreas(areas, layout, root);
    for (const area of areas) {
      try {
        const parent = openParent(area, layout, root);
        try {
          makeStagingFolder(parent, nameOf(area.path));
          syncPath(entryIn(parent, ""));
        } finally {
          closeSync(parent);
        }
      } catch (cause) {
        throw named("stage files at", display(area, layout), cause);
      }
    }
    root.forget();
    const opened = OpenAreas.open(areas, layout, root);
    opened.#checkEmpty();
    return opened;
  }

  /**
   * Opens areas that exist: those of a journal. One that went with a file system in memory is made again, empty.
   * @throws ENOENT when another one is gone: perhaps its file system is not mounted; JamesError DEVICE_IO when something else stands there
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

  // A folder with something in it is not the one that was made just now: somebody moved it there.
  #checkEmpty(): void {
    for (const index of this.#areas.keys()) {
      if (readdirSync(this.folder(index)).length === 0) continue;
      this.close();
      throw new JamesError(
        "DEVICE_IO",
        `cannot stage files at ${this.name(index)}: somebody put something there`,
        {
          hint: "See who may write to the folder above it.",
        },
      );
    }
  }

  #fd(area: number): number {
    const fd = this.#fds[area];
    if (fd === undefined) throw new JamesError("JOURNAL_CORRUPT", `the journal has no staging area ${area}`);
    return fd;
  }
}

/** Deletes areas with the files in them, durably: when the journal goes, nothing knows of them any more. What is not there or not the agent's own, or on a file system that became read-only, is passed over. */
export function discardAreas(areas: readonly Area[], layout: Layout, root: RootFs): void {
  root.forget();
  for (const area of areas) {
    try {
      discardWhatIsBeside(area, layout, root);
      const parent = openParent(area, layout, root);
      try {
        if (area.base === "state") removeWhole(parent, nameOf(area.path));
        else removeStagingFolder(parent, nameOf(area.path));
        syncPath(entryIn(parent, ""));
      } finally {
        closeSync(parent);
      }
    } catch (cause) {
      if (!isMissing(cause) && errnoOf(cause) !== "EROFS")
        throw named("clear away", display(area, layout), cause);
    }
  }
}

/** The path of an area, for one call into the file system; its parent must exist. */
export function areaPath(area: Area, layout: Layout, root: RootFs): string {
  return area.base === "state" ? join(layout.stateDir, area.path) : root.at(area.path);
}

// First what lies elsewhere: only the area knows of it.
function discardWhatIsBeside(area: Area, layout: Layout, root: RootFs): void {
  const parent = openParent(area, layout, root);
  try {
    if (!lstatSync(entryIn(parent, nameOf(area.path)), { throwIfNoEntry: false })?.isDirectory()) return;
    const folder = openStagingFolder(parent, nameOf(area.path));
    try {
      discardBeside(entryIn(folder, ""), root);
    } finally {
      closeSync(folder);
    }
  } catch (cause) {
    // Not the agent's own: what it says does not count.
    if (!(cause instanceof JamesError && cause.code === "DEVICE_IO")) throw cause;
  } finally {
    closeSync(parent);
  }
}

// The directory that an area's folder is in.
function openParent({ base, path }: Area, layout: Layout, root: RootFs): number {
  return base === "state" ? openSync(layout.stateDir, "r") : root.open(parentOf(path)).fd;
}

function openArea(area: Area, layout: Layout, root: RootFs): number {
  const parent = openParent(area, layout, root);
  const name = nameOf(area.path);
  try {
    if (area.isVolatile && !lstatSync(entryIn(parent, name), { throwIfNoEntry: false }))
      makeStagingFolder(parent, name);
    return openStagingFolder(parent, name);
  } finally {
    closeSync(parent);
  }
}

function display(area: Area, layout: Layout): string {
  return area.base === "state" ? join(layout.stateDir, area.path) : `/${area.path}`;
}
