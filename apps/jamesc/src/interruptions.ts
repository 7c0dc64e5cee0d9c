/**
 * How often in a row a lost server cut plans short. What broke in the middle of much that came is gone on with soon: where
 * each connection lives for so long only, pauses that grow would be most of the time.
 */
export class Interruptions {
  #inVain = 0;
  #held = 0;

  /** One more. @param held bytes that are fetched and kept @returns how many in a row brought nothing, this one included */
  cut(held: number): number {
    this.#inVain = held > this.#held ? 1 : this.#inVain + 1;
    this.#held = held;
    return this.#inVain;
  }

  /** A plan came to its end. */
  forget(): void {
    this.#inVain = 0;
    this.#held = 0;
  }
}
