import type { Tag } from "@jamesd/model";

/** The tags of a device, ready to be asked whether one is among them; the same object for the same list. */
export interface TagSet {
  readonly tags: readonly Tag[];
  readonly set: ReadonlySet<Tag>;
}

/**
 * One object for each list of tags that a device has: of a hundred thousand devices most are alike, and what is found for
 * one holds for all.
 */
export class TagSets {
  readonly #sets = new Map<string, { readonly tagSet: TagSet; holders: number }>();

  /** The object for a list, held once more. */
  take(tags: readonly Tag[]): TagSet {
    const key = keyOf(tags);
    const known = this.#sets.get(key) ?? { tagSet: this.peek(tags), holders: 0 };
    known.holders += 1;
    this.#sets.set(key, known);
    return known.tagSet;
  }

  /** The object for a list, not held: one that nobody else holds is forgotten with it. */
  peek(tags: readonly Tag[]): TagSet {
    return this.#sets.get(keyOf(tags))?.tagSet ?? { tags, set: new Set(tags) };
  }

  /** One holder less; what nobody holds is forgotten: a device can have other tags at each report. */
  release({ tags }: TagSet): void {
    const key = keyOf(tags);
    const known = this.#sets.get(key);
    if (!known) return;
    known.holders -= 1;
    if (known.holders === 0) this.#sets.delete(key);
  }
}

// No tag holds a comma.
function keyOf(tags: readonly Tag[]): string {
  return tags.join();
}
