import type { Table } from "@jamesd/config/print";
import { changeOf, type PacketContentDifference, packetDifferenceRows } from "@jamesd/model";
import { entryView } from "./packet-view.ts";

/** What differs, for `--output yaml` and `json`. */
export function differenceData({ fields, entries }: PacketContentDifference) {
  return {
    fields,
    entries: entries.map(({ path, before, after, aspects }) => ({
      path,
      change: changeOf(before, after),
      ...(aspects.length > 0 && { aspects }),
      before: before && entryView(before),
      after: after && entryView(after),
    })),
  };
}

/** What differs, a line each. */
export function differenceLines(difference: PacketContentDifference): Table {
  return { columns: ["what", "change", "before", "after"], rows: packetDifferenceRows(difference) };
}
