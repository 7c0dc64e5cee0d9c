import { type DocumentChange, documentName, isSelected, type Tag } from "@jamesd/model";
import type { Fleet } from "../fleet/fleet.ts";

/** What of changes is allowed, and probably not meant. */
export function warningsOf(changes: readonly DocumentChange[], fleet: Fleet): readonly string[] {
  return [...strangers(changes, fleet), ...unknownTags(changes, fleet)];
}

/** Devices that nobody has seen, and selectors that choose none. */
function strangers(changes: readonly DocumentChange[], fleet: Fleet): readonly string[] {
  const tagSets = new Set<ReadonlySet<Tag>>();
  if (changes.some(({ kind }) => kind === "spec"))
    for (const { tagSet } of fleet.devices.allKnown()) tagSets.add(tagSet.set);
  return changes.flatMap(({ kind, id, content }) => {
    if (!content) return [];
    if (kind === "device") return fleet.devices.find(id) ? [] : [`no device ${id} has ever checked in`];
    for (const tags of tagSets) if (isSelected(content.selector, tags)) return [];
    return [`the selector of the spec ${id} fits no device: ${content.selector.join(", ")}`];
  });
}

/** Tags that no packet of the app's name has: a packet that has fewer tags fits all the same. */
function unknownTags(changes: readonly DocumentChange[], fleet: Fleet): readonly string[] {
  const known = new Map<string, ReadonlySet<Tag>>();
  const tagsOf = (name: string): ReadonlySet<Tag> => {
    const tags = known.get(name) ?? fleet.targets.catalogue.tagsOf(name);
    known.set(name, tags);
    return tags;
  };
  return changes.flatMap((change) =>
    (change.content?.apps ?? []).flatMap(({ name, tags }) => {
      const unknown = tags.filter((tag) => !tagsOf(name).has(tag));
      if (unknown.length === 0) return [];
      return [
        `no packet named ${name} has the tag ${unknown.join(" or ")} that the ${documentName(change)} wants`,
      ];
    }),
  );
}
