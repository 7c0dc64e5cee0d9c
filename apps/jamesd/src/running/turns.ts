/** The key of changes of what devices should have, or of the packets that there are to have. */
export const CHANGE = "change";

/** Work on one key happens in the order it was asked for, one piece at a time; other keys go on meanwhile. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
