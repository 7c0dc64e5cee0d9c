import { isoTime } from "@jamesd/protocol/words";
import { type DeviceTable, DRIFT } from "./device-table.ts";

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
  const { ids, sync, words, connected, lastSeen, revision, late } = table;
  return [
    ids[row] ?? "",
    words[sync[row] ?? 0] ?? "",
    connected[row] === 1 ? "yes" : "no",
    isoTime((lastSeen[row] ?? 0) * 1000),
    String(revision[row] || ""),
    driftWord(table, row),
    late[row] === 1 ? "yes" : "no",
    shownTags(table, row).join(" "),
    appsText(table, row),
  ];
}

/** Whether a device has drifted, in a word. */
export function driftWord({ drift }: DeviceTable, row: number): keyof typeof DRIFT {
  return drift[row] === DRIFT.yes ? "yes" : drift[row] === DRIFT.no ? "no" : "unknown";
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
