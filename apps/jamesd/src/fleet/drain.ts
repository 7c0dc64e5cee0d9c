import type { Wakeable } from "./session.ts";

/** They are let go some at a time, so often. */
const TICK_MS = 100;
/** A few are not waited for: at least so many at a time. */
const LEAST_AT_ONCE = 50;
/** So many may come back in a second. */
const BACK_PER_SECOND = 500;

/** How a server that stops lets go whose check-ins it holds: spread over a time, and each is told when to come back. */
export class Drain {
  readonly #ms: number;
  readonly #random: () => number;
  /** When the last is let go, in milliseconds of `performance.now()`. */
  #end = Number.NEGATIVE_INFINITY;
  #spreadMs = 0;

  /** @param ms over which they are let go @param random a number from 0 to under 1 */
  constructor(ms: number, random: () => number) {
    this.#ms = ms;
    this.#random = random;
  }

  /** Lets them go, the last at the end of the time, sooner where they are few. */
  async letGo(held: readonly Wakeable[]): Promise<void> {
    const atOnce = Math.max(LEAST_AT_ONCE, Math.ceil((held.length * TICK_MS) / Math.max(TICK_MS, this.#ms)));
    const ticks = Math.ceil(held.length / atOnce);
    this.#end = performance.now() + (ticks - 1) * TICK_MS;
    this.#spreadMs = (held.length * 1000) / BACK_PER_SECOND;
    for (let tick = 0; tick < ticks; tick += 1) {
      if (tick > 0) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      for (const one of held.slice(tick * atOnce, (tick + 1) * atOnce)) one.wake();
    }
  }

  /**
   * After how many milliseconds one that is refused now is to come back: when all are let go, and then at random, so that
   * they come no faster than they can be let in. Undefined: in a moment.
   */
  comeBackMs(): number | undefined {
    const ms = Math.max(0, this.#end - performance.now()) + this.#random() * this.#spreadMs;
    return ms < 1000 ? undefined : ms;
  }
}
