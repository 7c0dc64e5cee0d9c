import { closeSync, readdirSync } from "node:fs";
import { syncPath } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import type { Area } from "../disk/area.ts";
import { entryIn } from "../disk/descriptor.ts";
import { named } from "../disk/device-error.ts";
import type { Layout } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { makeStagingFolder } from "../disk/staging-folder.ts";
import { nameOf } from "../disk/tree-path.ts";
import { display, OpenAreas, openParent } from "./area.ts";
import { discardAreas } from "./discard-areas.ts";

/** Makes areas, empty, and opens them. @throws JamesError DEVICE_IO or STORAGE_FULL when one cannot be made, such as on a read-only file system */
export function makeAreas(areas: readonly Area[], layout: Layout, root: RootFs): OpenAreas {
  discardAreas(areas, layout, root);
  for (const area of areas) {
    try {
      makeArea(area, layout, root);
    } catch (cause) {
      throw named("stage files at", display(area, layout), cause);
    }
  }
  root.forget();
  const opened = OpenAreas.open(areas, layout, root);
  try {
    checkEmpty(opened);
    return opened;
  } catch (cause) {
    opened.close();
    throw cause;
  }
}

function makeArea(area: Area, layout: Layout, root: RootFs): void {
  const parent = openParent(area, layout, root);
  try {
    makeStagingFolder(parent, nameOf(area.path));
    syncPath(entryIn(parent, ""));
  } finally {
    closeSync(parent);
  }
}

// A folder with something in it is not the one that was made just now: somebody moved it there.
function checkEmpty(areas: OpenAreas): void {
  for (let area = 0; area < areas.count; area++)
    if (readdirSync(areas.folder(area)).length > 0)
      throw new JamesError(
        "DEVICE_IO",
        `cannot stage files at ${areas.name(area)}: somebody put something there`,
        { hint: "See who may write to the folder above it." },
      );
}
