import { existsSync, lstatSync, readdirSync, renameSync } from "node:fs";
import type { Area } from "../disk/area.ts";
import { fetchedFile, type Layout, USED } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { takeRoom } from "../fetch/fetched.ts";
import { contentOfSlot } from "../journal/operation.ts";
import { OpenAreas } from "./area.ts";

/**
 * Gives new files in the state directory's own area back to what was fetched, before the area is discarded: a plan that
 * failed is tried again. They may have been switched in, and changed since, so each is set apart as used. Best effort: what is lost is fetched again.
 */
export function giveBack(areas: readonly Area[], layout: Layout, root: RootFs): void {
  try {
    takeRoom(layout);
    for (const area of areas.filter(({ base }) => base === "state"))
      giveBackAll(OpenAreas.open([area], layout, root), layout);
  } catch {
    // It is not there any more, or a disk that fails.
  }
}

function giveBackAll(opened: OpenAreas, layout: Layout): void {
  try {
    for (const slot of readdirSync(opened.folder(0))) {
      const digest = contentOfSlot(slot);
      if (digest === undefined || !lstatSync(opened.slot(0, slot)).isFile()) continue;
      const fetched = fetchedFile(layout, digest);
      // What was only copied is still there.
      if (!existsSync(fetched)) renameSync(opened.slot(0, slot), fetched + USED);
    }
  } finally {
    opened.close();
  }
}
