import { type DocumentVersion, isSelected, type Tag } from "@jamesd/model";
import type { KnownDevice } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Documents } from "./documents.ts";
import type { TagSet } from "./tag-sets.ts";

type Change = Pick<DocumentVersion, "kind" | "id" | "content">;

/** The devices that changes of documents are about: those that are named, and those that a spec chooses or, by the documents before, chose. */
export function* concernedBy(
  changes: readonly Change[],
  before: Documents,
  devices: Devices,
): Generator<KnownDevice> {
  const named = new Set(changes.flatMap(({ kind, id }) => (kind === "device" ? [id] : [])));
  const specs = changes.filter(({ kind }) => kind === "spec");
  if (specs.length === 0) {
    for (const id of named) {
      const device = devices.find(id);
      if (device) yield device;
    }
    return;
  }
  const selectors = specs.flatMap(({ id, content }) =>
    [before.spec(id)?.selector, content?.selector].filter((selector) => selector !== undefined),
  );
  const isChosen = byTags((tags) => selectors.some((selector) => isSelected(selector, tags)));
  for (const device of devices.allKnown()) if (named.has(device.id) || isChosen(device.tagSet)) yield device;
}

/** What a test of tags says, asked once for each set of tags. */
function byTags(test: (tags: ReadonlySet<Tag>) => boolean): (tagSet: TagSet) => boolean {
  const known = new Map<TagSet, boolean>();
  return (tagSet) => {
    const answer = known.get(tagSet) ?? test(tagSet.set);
    known.set(tagSet, answer);
    return answer;
  };
}
