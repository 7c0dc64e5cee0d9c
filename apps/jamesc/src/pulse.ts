/** What may come late by so much, because the machine is busy or an answer is slow. */
const GRACE_MS = 5 * 60_000;

/**
 * Whether the agent's loop goes on: whoever waits in it says how long at most. A transaction says nothing: each of its
 * steps has limits of its own, and together they may take a day.
 */
export class Pulse {
  #until = Number.POSITIVE_INFINITY;

  /** From `now` on, something happens within `ms`; left out, nobody knows when. Times are of a clock that only goes forward. */
  expect(now: number, ms = Number.POSITIVE_INFINITY): void {
    this.#until = now + ms + GRACE_MS;
  }

  /** False when what was to happen did not. */
  isAlive(now: number): boolean {
    return now <= this.#until;
  }
}
