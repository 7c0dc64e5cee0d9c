interface Item<V> {
  readonly key: string;
  readonly value: V;
  holders: number;
}

/** Values that many hold alike, each once, by numbers that fit into a column; what nobody holds any more is forgotten. */
export class Interned<V> {
  readonly #numbers = new Map<string, number>();
  readonly #items: (Item<V> | undefined)[] = [];
  readonly #free: number[] = [];

  /** The number of a value, held once more. */
  take(key: string, make: () => V): number {
    const known = this.#numbers.get(key);
    const number = known ?? this.#free.pop() ?? this.#items.length;
    const item = this.#items[number] ?? { key, value: make(), holders: 0 };
    item.holders += 1;
    if (known === undefined) {
      this.#items[number] = item;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** One holder less; its number may be another value's from then on. */
  release(number: number): void {
    const item = this.#items[number];
    if (!item) return;
    item.holders -= 1;
    if (item.holders > 0) return;
    this.#items[number] = undefined;
    this.#numbers.delete(item.key);
    this.#free.push(number);
  }

  /** That of a number that is held. */
  get(number: number): V {
    const item = this.#items[number];
    if (!item) throw new RangeError(`nobody holds ${number}`);
    return item.value;
  }

  /** That of a key, when somebody holds it. */
  find(key: string): V | undefined {
    const number = this.#numbers.get(key);
    return number === undefined ? undefined : this.get(number);
  }

  /** Each that is held. */
  *values(): Generator<V> {
    for (const item of this.#items) if (item) yield item.value;
  }
}
