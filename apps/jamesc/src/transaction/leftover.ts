import { lstatSync } from "node:fs";
import type { DeviceParts } from "./device-parts.ts";
import type { Area } from "./disk/area.ts";
import { isMissing } from "./disk/descriptor.ts";
import { MountTable } from "./disk/mounts.ts";
import { areaPath } from "./switch/area.ts";
import { discardAreas } from "./switch/discard-areas.ts";

/**
 * Deletes the areas of a transaction that has ended, and those that earlier ones had to leave. What cannot be deleted now,
 * for its file system is away or read-only, is noted for later.
 */
export function clearAreas(areas: readonly Area[], parts: DeviceParts): void {
  const { state, layout, root } = parts;
  const before = state.saved.leftover;
  const all = new Map([...before, ...areas].map((area) => [`${area.base} ${area.path}`, area]));
  if (all.size === 0) return;
  const table = new MountTable(root.path);
  const isAway = ({ mount }: Area): boolean => mount !== undefined && !table.has(mount.point);
  const here = [...all.values()].filter((area) => !isAway(area));
  discardAreas(here, layout, root);
  const leftover = [...all.values()].filter((area) => isAway(area) || isThere(area, parts));
  if (leftover.length > 0 || before.length > 0) state.noteLeftover(leftover);
}

function isThere(area: Area, { layout, root }: DeviceParts): boolean {
  try {
    return lstatSync(areaPath(area, layout, root), { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
}
