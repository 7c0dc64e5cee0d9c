import { lstatSync, readdirSync, renameSync } from "node:fs";
import { isTrustedUser } from "@jamesd/disk";
import type { DeviceParts } from "./device-parts.ts";
import type { Area } from "./disk/area.ts";
import { isMissing } from "./disk/descriptor.ts";
import { OLD_SLOT } from "./journal/operation.ts";
import { areaPath } from "./switch/area.ts";
import { discardAreas } from "./switch/discard-areas.ts";

/** The staging folder of the state directory. */
export const OWN_AREA: Area = { base: "state", path: "staging", isVolatile: false };

/** True when a staging folder holds files that were set aside. */
export function holdsOldFiles(area: Area, { layout, root }: Pick<DeviceParts, "layout" | "root">): boolean {
  try {
    return hasOldSlots(areaPath(area, layout, root));
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
}

/** The same of the folder with that path. */
export function hasOldSlots(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  // Where others may write they may have made a folder of that name.
  if (!stats?.isDirectory() || !isTrustedUser(stats.uid)) return false;
  return readdirSync(folder).some((name) => name.startsWith(OLD_SLOT));
}

/**
 * Sees to staging folders that nothing knows of: one with files that were set aside gets another name, for only the
 * transaction that put them there may say that they are no longer needed; one without is removed.
 */
export function keepStrangeAreas(areas: readonly Area[], parts: DeviceParts): void {
  const { layout, root, options } = parts;
  for (const area of areas) {
    if (!holdsOldFiles(area, parts)) continue;
    options.log({ event: "set aside files kept", as: keepApart(areaPath(area, layout, root)) });
  }
  discardAreas(areas, layout, root);
}

/** Gives a file or folder of the agent a name under which nothing deletes it. @returns that name; undefined when it is not there */
export function keepApart(path: string): string | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })) return undefined;
  for (let number = 1; ; number += 1) {
    const free = `${path}.kept-${number}`;
    if (lstatSync(free, { throwIfNoEntry: false })) continue;
    renameSync(path, free);
    return free.slice(free.lastIndexOf("/") + 1);
  }
}
