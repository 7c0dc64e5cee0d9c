import type { Point, Reaction } from "./life.ts";

/** Renames between slot and path in the switch, and in undoing it. */
export const SWITCH = /^(setAside|place) \(switch\)/;
export const UNDO = /^(bringBack|moveBack) \(undo\)/;
export const SWITCH_AND_UNDO = new RegExp(`${SWITCH.source}|${UNDO.source}`);
export const NOWHERE = /^$/;

/** What a rename at such a place meets when slot and path are on two file systems. */
export function acrossAt({ call, site }: Point, places: RegExp): Reaction {
  return call === "renameSync" && places.test(site()) ? { error: "EXDEV" } : "go on";
}
