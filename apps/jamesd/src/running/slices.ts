import { setImmediate as letOthersRun } from "node:timers/promises";
import type { Steps } from "@jamesd/model";

/** Others get their turn after so long, in milliseconds. */
const SLICE_MS = 5;

/** Long work in slices, between which others run: whoever works asks now and then whether a slice is over. */
export class Slices {
  #until = performance.now() + SLICE_MS;

  /** True when others should run now. */
  get isOver(): boolean {
    return performance.now() >= this.#until;
  }

  /** Lets others run; then the next slice begins. */
  async next(): Promise<void> {
    await letOthersRun();
    this.#until = performance.now() + SLICE_MS;
  }
}

/** Does long work, and lets others run between its steps. */
export async function inSlices<T>(work: Steps<T>): Promise<T> {
  const slices = new Slices();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (slices.isOver) await slices.next();
  }
}
