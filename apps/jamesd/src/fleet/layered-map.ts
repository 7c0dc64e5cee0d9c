/** So many entries may differ from what lies below; then both become one. */
const MAX_TOP = 1000;

/** A map that is never changed, only followed by others, which share most of what they hold. */
export class LayeredMap<V extends object> {
  readonly #base: ReadonlyMap<string, V>;
  /** What is other than below; undefined: it is no longer there. */
  readonly #top: ReadonlyMap<string, V | undefined>;

  constructor(base: ReadonlyMap<string, V> = new Map(), top: ReadonlyMap<string, V | undefined> = new Map()) {
    this.#base = base;
    this.#top = top;
  }

  get(key: string): V | undefined {
    return this.#top.has(key) ? this.#top.get(key) : this.#base.get(key);
  }

  /** The map that it becomes by changes; undefined takes an entry away. */
  with(changes: Iterable<readonly [string, V | undefined]>): LayeredMap<V> {
    const top = new Map([...this.#top, ...changes]);
    if (top.size <= MAX_TOP) return new LayeredMap(this.#base, top);
    return new LayeredMap(new Map(new LayeredMap(this.#base, top).entries()));
  }

  *entries(): Generator<readonly [string, V]> {
    for (const entry of this.#base) if (!this.#top.has(entry[0])) yield entry;
    for (const [key, value] of this.#top) if (value !== undefined) yield [key, value];
  }
}
