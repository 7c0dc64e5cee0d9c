import { closeSync, lstatSync } from "node:fs";
import { syncPath } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import type { Area } from "../disk/area.ts";
import { entryIn, isMissing } from "../disk/descriptor.ts";
import { errnoOf, named } from "../disk/device-error.ts";
import type { Layout } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { openStagingFolder, removeStagingFolder, removeWhole } from "../disk/staging-folder.ts";
import { nameOf } from "../disk/tree-path.ts";
import { discardBeside } from "./across.ts";
import { display, openParent } from "./area.ts";

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

// First what lies elsewhere: only the area knows of it.
function discardWhatIsBeside(area: Area, layout: Layout, root: RootFs): void {
  const parent = openParent(area, layout, root);
  try {
    if (!lstatSync(entryIn(parent, nameOf(area.path)), { throwIfNoEntry: false })?.isDirectory()) return;
    const folder = openStagingFolder(parent, nameOf(area.path), display(area, layout));
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
