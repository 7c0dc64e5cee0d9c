import { setImmediate as letOthersRun } from "node:timers/promises";

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
