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
import { Slices } from "../running/slices.ts";

/** So many known ids are compared with one that nobody has seen, and so many of those that are near it are named. */
const MOST_COMPARED = 10_000;
const MOST_NEAR = 3;
/** So many that nobody has seen are named; more are a fleet that is still to come. */
const MOST_STRANGERS = 100;

/** What of changes is allowed, and probably not meant. */
export async function warningsOf(
  changes: readonly DocumentChange[],
  fleet: KnownFleet,
): Promise<readonly string[]> {
  return [...(await strangers(changes, fleet)), ...unknownTags(changes, fleet)];
}

/** Devices that nobody has seen, and selectors that choose none. */
async function strangers(changes: readonly DocumentChange[], fleet: KnownFleet): Promise<readonly string[]> {
  const found: string[] = [];
  let devices = 0;
  const slices = new Slices();
  for (const { kind, id, content } of changes) {
    if (slices.isOver) await slices.next();
    if (!content) continue;
    if (kind === "device") {
      if (fleet.devices.isKnown(id)) continue;
      devices += 1;
      if (devices <= MOST_STRANGERS) found.push(await stranger(id, fleet));
    } else if (!(await choosesOne(content.selector, fleet)))
      found.push(`the selector of the spec ${id} fits no device: ${content.selector.join(", ")}`);
  }
  const more = devices - MOST_STRANGERS;
  return more > 0 ? [...found, `${more} more devices have never checked in`] : found;
}

/** True when a selector chooses a device; those with the same tags are asked about together where that is enough. */
async function choosesOne(selector: Selector, { devices }: KnownFleet): Promise<boolean> {
  if (!namesDevices(selector)) {
    for (const { set } of devices.tagSets()) if (isSelectedByTags(selector, set)) return true;
    return false;
  }
  for await (const members of devices.members())
    for (const { id, tagSet } of members)
      if (isSelectedById(selector, id) && isSelectedByTags(selector, tagSet.set)) return true;
  return false;
}

async function stranger(id: string, { devices }: KnownFleet): Promise<string> {
  const known: string[] = [];
  for await (const members of devices.members()) {
    known.push(...members.map((member) => member.id));
    if (known.length >= MOST_COMPARED) break;
  }
  const near = nearWords(id, known.slice(0, MOST_COMPARED)).slice(0, MOST_NEAR);
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
