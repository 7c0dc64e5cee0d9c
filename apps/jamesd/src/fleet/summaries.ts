import { setTimeout as sleep } from "node:timers/promises";
import type { RevisionStore } from "../repository/revision-store.ts";
import type { Part } from "../running/opened.ts";
import { stopping } from "../running/stopping.ts";
import type { FleetCensus, FleetCounts } from "./fleet-census.ts";

/** Who waits for another summary is told at most so often. */
const LOOK_MS = 1000;

/** How the fleet is as a whole. */
export interface Summary extends FleetCounts {
  /** The newest of the fleet. */
  readonly revision: number;
}

/** Says how the fleet is, and when that is otherwise. */
export class Summaries implements Part {
  readonly #census: Pick<FleetCensus, "counts">;
  readonly #revisions: Pick<RevisionStore, "newest">;
  readonly #closing = new AbortController();
  /** The last, and what it was counted by. */
  #last: { readonly counts: FleetCounts; readonly summary: Summary } | undefined;

  constructor(census: Pick<FleetCensus, "counts">, revisions: Pick<RevisionStore, "newest">) {
    this.#census = census;
    this.#revisions = revisions;
  }

  /**
   * How it is now. As long as that is known to who asks, something else is waited for, for `waitMs`, or until the signal
   * says that nobody waits any more. What is so still is the same object: all who wait share what is made of it.
   * @throws JamesError SERVER_STOPPING to who waits when it is closed
   */
  async next(isKnown: (summary: Summary) => boolean, waitMs: number, signal: AbortSignal): Promise<Summary> {
    const until = performance.now() + waitMs;
    const gone = AbortSignal.any([signal, this.#closing.signal]);
    for (;;) {
      const summary = await this.#now();
      const restMs = until - performance.now();
      if (restMs <= 0 || signal.aborted || !isKnown(summary)) return summary;
      if (gone.aborted) throw stopping();
      await sleep(Math.min(LOOK_MS, restMs), undefined, { signal: gone, ref: false }).catch(() => undefined);
    }
  }

  async #now(): Promise<Summary> {
    const counts = await this.#census.counts();
    const revision = await this.#revisions.newest();
    if (this.#last?.counts !== counts || this.#last.summary.revision !== revision)
      this.#last = { counts, summary: { ...counts, revision } };
    return this.#last.summary;
  }

  /** Lets all go who wait. */
  close(): void {
    this.#closing.abort();
  }
}
