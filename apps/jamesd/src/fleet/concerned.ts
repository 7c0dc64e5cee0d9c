import {
  type DocumentVersion,
  isSelectedById,
  isSelectedByTags,
  type Selector,
  type Tag,
} from "@jamesd/model";
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
  const choosing = byTags((tags) => selectors.filter((selector) => isSelectedByTags(selector, tags)));
  for (const device of devices.allKnown()) {
    const isChosen = choosing(device.tagSet).some((selector) => isSelectedById(selector, device.id));
    if (named.has(device.id) || isChosen) yield device;
  }
}

/** The selectors that choose tags, looked for once for each set of tags. */
function byTags(find: (tags: ReadonlySet<Tag>) => readonly Selector[]) {
  const known = new Map<TagSet, readonly Selector[]>();
  return (tagSet: TagSet): readonly Selector[] => {
    const found = known.get(tagSet) ?? find(tagSet.set);
    known.set(tagSet, found);
    return found;
  };
}
