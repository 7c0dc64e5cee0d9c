import type { Part } from "./opened.ts";
import { repeat } from "./repeat.ts";

const LOOK_EVERY_MS = 10_000;
/** What clocks are apart by themselves is far less. */
const BACK_MS = 60_000;

/** The clocks that are compared. */
export interface Clocks {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds since whenever, by a clock that nobody sets; `performance.now()` unless given. */
  readonly monotonic?: () => number;
}

/** Notices that the clock of the machine was set back. */
export class SetBack {
  readonly #clocks: Required<Clocks>;
  #apart: number;

  constructor({ now, monotonic = () => performance.now() }: Clocks) {
    this.#clocks = { now, monotonic };
    this.#apart = now() - monotonic();
  }

  /** True when it was set back since this was asked last. */
  wasSet(): boolean {
    const before = this.#apart;
    this.#apart = this.#clocks.now() - this.#clocks.monotonic();
    return before - this.#apart > BACK_MS;
  }
}

/** Has a work done after the clock was set back, until that succeeds: what was passed over as ended may not have ended. */
export function whenSetBack(now: () => number, work: () => Promise<unknown>): Part {
  const clock = new SetBack({ now });
  let isDue = false;
  return repeat({ firstMs: LOOK_EVERY_MS, pauseMs: LOOK_EVERY_MS }, async () => {
    isDue ||= clock.wasSet();
    if (!isDue) return;
    await work();
    isDue = false;
  });
}
