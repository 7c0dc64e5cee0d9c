import { parseTags, type Tag } from "@jamesd/model";
import { detectTags } from "./detect.ts";

/** What this device says of itself: the tags that were found out, when they are wanted, and those that were listed. */
export function systemTagsOf({
  detectTags: isWanted,
  listedTags,
}: {
  readonly detectTags: boolean;
  readonly listedTags: readonly Tag[];
}): readonly Tag[] {
  return parseTags([...(isWanted ? detectTags() : []), ...listedTags]);
}
