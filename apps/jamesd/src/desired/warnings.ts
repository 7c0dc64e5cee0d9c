import {
  type DocumentChange,
  documentName,
  isSelectedById,
  isSelectedByTags,
  namesDevices,
  nearWords,
  type Selector,
  type Tag,
} from "@jamesd/model";
import type { KnownFleet } from "../fleet/fleet.ts";

/** So many known ids are compared with one that nobody has seen, and so many of those that are near it are named. */
const MOST_COMPARED = 10_000;
const MOST_NEAR = 3;

/** What of changes is allowed, and probably not meant. */
export function warningsOf(changes: readonly DocumentChange[], fleet: KnownFleet): readonly string[] {
  return [...strangers(changes, fleet), ...unknownTags(changes, fleet)];
}

/** Devices that nobody has seen, and selectors that choose none. */
function strangers(changes: readonly DocumentChange[], fleet: KnownFleet): readonly string[] {
  const tagSets = new Set<ReadonlySet<Tag>>();
  if (changes.some(({ kind }) => kind === "spec"))
    for (const { tagSet } of fleet.devices.allKnown()) tagSets.add(tagSet.set);
  return changes.flatMap(({ kind, id, content }) => {
    if (!content) return [];
    if (kind === "device") return fleet.devices.find(id) ? [] : [stranger(id, fleet)];
    if (choosesOne(content.selector, tagSets, fleet)) return [];
    return [`the selector of the spec ${id} fits no device: ${content.selector.join(", ")}`];
  });
}

/** True when a selector chooses a device; those with the same tags are asked about together where that is enough. */
function choosesOne(selector: Selector, tagSets: Iterable<ReadonlySet<Tag>>, fleet: KnownFleet): boolean {
  if (namesDevices(selector)) {
    for (const { id, tagSet } of fleet.devices.allKnown())
      if (isSelectedById(selector, id) && isSelectedByTags(selector, tagSet.set)) return true;
    return false;
  }
  for (const tags of tagSets) if (isSelectedByTags(selector, tags)) return true;
  return false;
}

function stranger(id: string, fleet: KnownFleet): string {
  const known = Array.from(fleet.devices.allKnown(), (device) => device.id).slice(0, MOST_COMPARED);
  const near = nearWords(id, known).slice(0, MOST_NEAR);
  const perhaps = near.length === 0 ? "" : `; known ids near it: ${near.join(", ")}`;
  return `no device ${id} has ever checked in${perhaps}`;
}

/** Tags that no packet of the app's name has: a packet that has fewer tags fits all the same. */
function unknownTags(changes: readonly DocumentChange[], fleet: KnownFleet): readonly string[] {
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
