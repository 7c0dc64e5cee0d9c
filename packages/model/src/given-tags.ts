import { JamesError } from "./error.ts";
import { parseTags, sortedTags, type Tag } from "./tag.ts";

/** A device that has the tag `given:lab` has `lab` from the server; its own word for that does not count. */
export const GIVEN = "given:";
/** What selectors read in another way. */
const TAKEN = ["not:", "id:", GIVEN];

/** So many tags the server gives to one device. */
const MAX_GIVEN = 100;

/** True of the form of a tag that only the server gives. */
export function isGiven(tag: Tag): boolean {
  return tag.startsWith(GIVEN);
}

/** Checks tags that are to be given to a device; sorted, each once. @throws JamesError TAG_INVALID */
export function parseGivenTags(texts: readonly string[]): readonly Tag[] {
  const tags = sortedTags(parseTags(texts));
  const taken = tags.find((tag) => TAKEN.some((prefix) => tag.startsWith(prefix)));
  if (taken !== undefined)
    throw new JamesError("TAG_INVALID", `${JSON.stringify(taken)} cannot be given to a device`, {
      hint: `No tag that begins with ${TAKEN.join(", ")} can: selectors read these in another way.`,
    });
  if (tags.length > MAX_GIVEN)
    throw new JamesError("TAG_INVALID", `a device cannot be given ${tags.length} tags`, {
      hint: `It can be given ${MAX_GIVEN}.`,
    });
  return tags;
}

/**
 * The tags by which a device is chosen and packets fit it: what it says of itself, and what the server gave it, each of these
 * also as `given:TAG`, which it cannot say of itself.
 */
export function tagsOfDevice(systemtags: readonly Tag[], given: readonly Tag[]): readonly Tag[] {
  const own = systemtags.filter((tag) => !isGiven(tag));
  if (given.length === 0) return own;
  return [...new Set([...own, ...given, ...given.map((tag) => GIVEN + tag)])];
}
