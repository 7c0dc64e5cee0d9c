/** The key of changes of what devices should have, or of the packets that there are to have. */
export const CHANGE = "change";

/** Work on one key happens in the order it was asked for, one piece at a time; other keys go on meanwhile. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.takeAll([key], work);
  }

  /** Work on several keys, when it is its turn on each of them. They are asked for at once, so that no two wait for each other. */
  async takeAll<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.#last.get(key));
    const mine = Promise.allSettled(before).then(work);
    for (const key of keys) this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
