import type { NotedCounts, RolloutCountStore } from "../repository/rollout-count-store.ts";
import type { RolloutProgress } from "./rollout-progress.ts";

/** Counts are noted so often at the most. */
const OFTEN_MS = 10_000;
/** And so much of a rollout's age apart: of one that goes on for a week there are some four hundred, of a year six hundred. */
const OF_AGE = 0.02;
/** More of a rollout than there are, unless the clock was set again and again. */
const MOST = 1000;

/** What is noted is written by. */
export interface CountsLogParts {
  readonly counts: RolloutCountStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Notes now and then how many devices of rollouts are where, and when one ends: afterwards nobody looks at its devices any more. */
export class CountsLog {
  readonly #parts: CountsLogParts;
  /** What was noted last, of those that are live. */
  readonly #newest = new Map<number, NotedCounts | undefined>();

  constructor(parts: CountsLogParts) {
    this.#parts = parts;
  }

  /** Notes how a live one is, when that is another than before and long enough after it. */
  async look({ rollout: { revision, began }, counts: waves }: RolloutProgress): Promise<void> {
    const newest = await this.#last(revision);
    const time = this.#parts.now();
    // A clock that was set back must not keep it from being noted.
    const isTooSoon =
      newest && Math.abs(time - newest.time) < Math.max(OFTEN_MS, Math.abs(time - began) * OF_AGE);
    if (isTooSoon || isSame(newest, waves)) return;
    await this.#note(revision, { time, waves });
  }

  /** Notes how one was when it ended. */
  async end({ rollout: { revision }, counts: waves }: RolloutProgress): Promise<void> {
    await this.#note(revision, { time: this.#parts.now(), waves });
    this.#newest.delete(revision);
  }

  /** How one went, oldest first. */
  of(revision: number): Promise<readonly NotedCounts[]> {
    return this.#parts.counts.of(revision, MOST);
  }

  /** What was noted of one last; undefined: nothing was. */
  async last(revision: number): Promise<NotedCounts | undefined> {
    return (await this.#parts.counts.of(revision, 1))[0];
  }

  async #last(revision: number): Promise<NotedCounts | undefined> {
    if (!this.#newest.has(revision)) this.#newest.set(revision, await this.last(revision));
    return this.#newest.get(revision);
  }

  async #note(revision: number, counts: NotedCounts): Promise<void> {
    await this.#parts.counts.note(revision, counts);
    this.#newest.set(revision, counts);
  }
}

function isSame(newest: NotedCounts | undefined, waves: NotedCounts["waves"]): boolean {
  return JSON.stringify(newest?.waves) === JSON.stringify(waves);
}
