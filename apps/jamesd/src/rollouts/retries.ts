/** What fails again and again is tried after so many rounds at the most. */
const MOST_ROUNDS = 60;

/** When what failed has its turn again: after more and more rounds. */
export class Retries {
  readonly #failed = new Map<number, { times: number; rounds: number }>();

  /** True when it is to be tried in this round, which is asked once in each. */
  isTurn(key: number): boolean {
    const failed = this.#failed.get(key);
    if (!failed) return true;
    failed.rounds -= 1;
    return failed.rounds < 0;
  }

  failed(key: number): void {
    const times = (this.#failed.get(key)?.times ?? 0) + 1;
    this.#failed.set(key, { times, rounds: Math.min(2 ** times - 2, MOST_ROUNDS) });
  }

  succeeded(key: number): void {
    this.#failed.delete(key);
  }
}
