/** What fails again and again is tried after so many rounds at the most. */
const MOST_ROUNDS = 60;

/** When what failed has its turn again: after more and more rounds. */
export class Retries {
  readonly #failed = new Map<string, { times: number; rounds: number }>();

  /** True when it is to be tried in this round, which is asked once in each. */
  isTurn(what: string): boolean {
    const failed = this.#failed.get(what);
    if (!failed) return true;
    failed.rounds -= 1;
    return failed.rounds < 0;
  }

  failed(what: string): void {
    const times = (this.#failed.get(what)?.times ?? 0) + 1;
    this.#failed.set(what, { times, rounds: Math.min(2 ** times - 2, MOST_ROUNDS) });
  }

  succeeded(what: string): void {
    this.#failed.delete(what);
  }
}
