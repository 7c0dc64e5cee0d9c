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

  constructor(census: Pick<FleetCensus, "counts">, revisions: Pick<RevisionStore, "newest">) {
    this.#census = census;
    this.#revisions = revisions;
  }

  /**
   * How it is now. As long as that is known to who asks, something else is waited for, for `waitMs`, or until the signal
   * says that nobody waits any more. Counting costs the same for one who waits as for many.
   * @throws JamesError SERVER_STOPPING to who waits when it is closed
   */
  async next(isKnown: (summary: Summary) => boolean, waitMs: number, signal: AbortSignal): Promise<Summary> {
    const until = performance.now() + waitMs;
    const gone = AbortSignal.any([signal, this.#closing.signal]);
    for (;;) {
      const summary = { ...(await this.#census.counts()), revision: await this.#revisions.newest() };
      const restMs = until - performance.now();
      if (restMs <= 0 || signal.aborted || !isKnown(summary)) return summary;
      if (gone.aborted) throw stopping();
      await sleep(Math.min(LOOK_MS, restMs), undefined, { signal: gone, ref: false }).catch(() => undefined);
    }
  }

  /** Lets all go who wait. */
  close(): void {
    this.#closing.abort();
  }
}
