import type { Tag } from "@jamesd/model";

/** The tags of a device, ready to be asked whether one is among them; the same object for the same list. */
export interface TagSet {
  readonly tags: readonly Tag[];
  readonly set: ReadonlySet<Tag>;
}

/** One object for each list of tags: of a hundred thousand devices most are alike, and what is found for one holds for all. */
export class TagSets {
  readonly #sets = new Map<string, TagSet>();

  of(tags: readonly Tag[]): TagSet {
    // No tag holds a comma.
    const key = tags.join();
    const known = this.#sets.get(key);
    if (known) return known;
    const made = { tags, set: new Set(tags) };
    this.#sets.set(key, made);
    return made;
  }
}
