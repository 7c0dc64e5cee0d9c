import {
  type DocumentVersion,
  isSelectedById,
  isSelectedByTags,
  type Selector,
  type Tag,
} from "@jamesd/model";
import type { Device } from "./device.ts";
import type { Documents } from "./documents.ts";
import type { TagSet } from "./tag-sets.ts";

type Change = Pick<DocumentVersion, "kind" | "id" | "content">;

/** True of a device that changes of documents are about. */
export type Concerns = (device: Pick<Device, "id" | "tagSet">) => boolean;

/** The devices that changes are about by their names: their own documents are among them. */
export function namedBy(changes: readonly Change[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (const { kind, id } of changes) if (kind === "device") named.add(id);
  return named;
}

/** Which devices changes are about: those that are named, and those that a spec chooses or, by the documents before, chose. */
export function concernedBy(changes: readonly Change[], before: Pick<Documents, "spec">): Concerns {
  const named = namedBy(changes);
  const specs = changes.filter(({ kind }) => kind === "spec");
  const selectors = specs.flatMap(({ id, content }) =>
    [before.spec(id)?.selector, content?.selector].filter((selector) => selector !== undefined),
  );
  const choosing = byTags((tags) => selectors.filter((selector) => isSelectedByTags(selector, tags)));
  return ({ id, tagSet }) =>
    named.has(id) || choosing(tagSet).some((selector) => isSelectedById(selector, id));
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
