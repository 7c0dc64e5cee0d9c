import { changeOf, type PacketContentDifference } from "@jamesd/model";
import { sizeText } from "./size.ts";

/** What differs between two packets, in a sentence: how many entries came, went and changed, and how much larger it is. */
export function differenceText({ fields, entries }: PacketContentDifference): string {
  if (fields.length + entries.length === 0) return "Nothing: they are the same.";
  const counts = { added: 0, removed: 0, changed: 0 };
  let bytes = 0;
  for (const { before, after } of entries) {
    counts[changeOf(before, after)] += 1;
    bytes += sizeOf(after) - sizeOf(before);
  }
  const files = Object.entries(counts).map(([change, count]) => `${count} ${change}`);
  const more =
    bytes === 0 ? "no more and no less" : `${sizeText(Math.abs(bytes))} ${bytes > 0 ? "more" : "less"}`;
  return `Files: ${files.join(", ")}, ${more}.${fields.length === 0 ? "" : ` Also: ${fields.map(({ what }) => what).join(", ")}.`}`;
}

// One file with several names counts once.
function sizeOf(entry: PacketContentDifference["entries"][number]["before"]): number {
  return entry?.type === "file" && entry.sameAs === undefined ? entry.size : 0;
}
