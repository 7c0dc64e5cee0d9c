import { isoTime } from "@jamesd/protocol/words";
import { type DeviceTable, driftWord, stateOf } from "./device-table.ts";

/** The columns of a device as a file has them. */
export const DEVICE_HEAD = [
  "id",
  "sync",
  "connected",
  "last seen",
  "revision",
  "drift",
  "certificate late",
  "tags",
  "apps",
];

/** A device as a line of a file. */
export function deviceCells(table: DeviceTable, row: number): readonly string[] {
  const { ids, lastSeen, revision } = table;
  const state = stateOf(table, row);
  return [
    ids[row] ?? "",
    state?.sync ?? "",
    state?.connected ? "yes" : "no",
    isoTime((lastSeen[row] ?? 0) * 1000),
    String(revision[row] || ""),
    driftWord(state),
    state?.late ? "yes" : "no",
    shownTags(table, row).join(" "),
    appsText(table, row),
  ];
}

/** The tags of a device; those that operators gave it are among them twice, of which one is shown. */
export function shownTags({ tags, tagLists }: DeviceTable, row: number): readonly string[] {
  return (tagLists[tags[row] ?? 0] ?? []).filter((tag) => !tag.startsWith("given:"));
}

/** What is installed on a device, in one line. */
export function appsText({ apps, appLists }: DeviceTable, row: number): string {
  const list = appLists[apps[row] ?? 0] ?? [];
  return list.map(({ name, tags }) => (tags.length > 0 ? `${name} (${tags.join(" ")})` : name)).join(", ");
}
