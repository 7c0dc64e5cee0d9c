import type { Tag } from "@jamesd/model";
import { Interned } from "./interned.ts";

/** The tags of a device, ready to be asked whether one is among them; the same object for the same list. */
export interface TagSet {
  readonly tags: readonly Tag[];
  readonly set: ReadonlySet<Tag>;
}

/**
 * One object for each list of tags that a device has: of a hundred thousand devices most are alike, and what is found for
 * one holds for all. A device can have other tags at each report, so a list that no device has is forgotten.
 */
export class TagSets {
  readonly #sets = new Interned<TagSet>();

  /** The number of a list, held once more. */
  take(tags: readonly Tag[]): number {
    return this.#sets.take(keyOf(tags), () => tagSetOf(tags));
  }

  /** One holder less. */
  release(number: number): void {
    this.#sets.release(number);
  }

  /** The list of a number that is held. */
  get(number: number): TagSet {
    return this.#sets.get(number);
  }

  /** The object for a list, not held: one that nobody else holds is forgotten with it. */
  peek(tags: readonly Tag[]): TagSet {
    return this.#sets.find(keyOf(tags)) ?? tagSetOf(tags);
  }

  /** Each list that is held. */
  all(): Iterable<TagSet> {
    return this.#sets.values();
  }
}

function tagSetOf(tags: readonly Tag[]): TagSet {
  return { tags, set: new Set(tags) };
}

// No tag holds a comma.
function keyOf(tags: readonly Tag[]): string {
  return tags.join();
}
