import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolders } from "@jamesd/folder-lock/make-folder";
import { JamesError } from "@jamesd/model";
import { syncPath } from "./durable.ts";
import type { Area } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { entryIn, isMissing, type RootFs } from "./root-fs.ts";

/** Name of the staging folder on file systems other than the state directory's. */
export const STAGING_FOLDER = ".jamesc-staging";

/** Sees that a path is not the agent's own: its state directory or a staging folder. @throws JamesError PATH_UNSAFE */
export function checkReserved(path: string, reserved: string | undefined): void {
  const isState = reserved !== undefined && `${path}/`.startsWith(`${reserved}/`);
  if (isState || path.split("/").includes(STAGING_FOLDER))
    throw new JamesError(
      "PATH_UNSAFE",
      `a packet wants to put something at /${path}, which is jamesc's own`,
      {
        hint: "Upload the packet without it.",
      },
    );
}

/** Staging areas while a transaction works in them: each is kept open, so that no swapped link can move it. */
export class OpenAreas {
  readonly #areas: readonly Area[];
  readonly #fds: number[];

  private constructor(areas: readonly Area[], fds: number[]) {
    this.#areas = areas;
    this.#fds = fds;
  }

  /** Makes the areas, empty, and opens them. @throws JamesError DEVICE_IO when one cannot be made, such as on a read-only file system */
  static make(areas: readonly Area[], layout: Layout, root: RootFs): OpenAreas {
    discardAreas(areas, layout, root);
    for (const area of areas) {
      const path = location(area, layout, root);
      try {
        mkdirSync(path, { mode: 0o700 });
        syncPath(dirname(path));
      } catch (cause) {
        throw new JamesError(
          "DEVICE_IO",
          `cannot stage files at ${display(area, layout)}: ${(cause as Error).message}`,
          {
            hint: "The file system must be writable for jamesc.",
            cause,
          },
        );
      }
    }
    root.forget();
    return OpenAreas.open(areas, layout, root);
  }

  /**
   * Opens areas that exist: those of a journal. One that went with a file system in memory is made again, empty.
   * @throws ENOENT when another one is gone: perhaps its file system is not mounted
   */
  static open(areas: readonly Area[], layout: Layout, root: RootFs): OpenAreas {
    const fds = areas.map((area) => {
      const path = location(area, layout, root);
      if (area.isVolatile) makeFolders(path, 0o700);
      return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    });
    return new OpenAreas(areas, fds);
  }

  /** The path of a slot, for one call into the file system. */
  slot(area: number, name: string): string {
    return entryIn(this.#fd(area), name);
  }

  /** The area itself, for fsync. */
  folder(area: number): string {
    return entryIn(this.#fd(area), "");
  }

  /** True when what is fetched is renamed into the area, and takes no room there. */
  isHome(area: number): boolean {
    return this.#areas[area]?.base === "state";
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

/** Deletes areas with everything in them, durably: when the journal goes, nothing knows of them any more. What is not there, or on a file system that became read-only, is passed over. */
export function discardAreas(areas: readonly Area[], layout: Layout, root: RootFs): void {
  root.forget();
  for (const area of areas) {
    try {
      const path = location(area, layout, root);
      rmSync(path, { recursive: true, force: true });
      syncPath(dirname(path));
    } catch (cause) {
      if (!isMissing(cause) && (cause as NodeJS.ErrnoException).code !== "EROFS") throw cause;
    }
  }
}

function location(area: Area, layout: Layout, root: RootFs): string {
  return area.base === "state" ? join(layout.stateDir, area.path) : root.at(area.path);
}

function display(area: Area, layout: Layout): string {
  return area.base === "state" ? join(layout.stateDir, area.path) : `/${area.path}`;
}
