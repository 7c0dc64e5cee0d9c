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

/** Does something with each of many, and lets others run in between. */
export async function eachInSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  const slices = new Slices();
  for (const item of items) {
    if (slices.isOver) await slices.next();
    work(item);
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
