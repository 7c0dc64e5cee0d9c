import { monotonic } from "@jamesd/protocol/device";
import { pause } from "../../pause.ts";

/** How much a look at the device may take from what else the device does. */
export interface Budget {
  /** The part of one processor's time, from over 0 to 1. */
  readonly share: number;
  /** Bytes a second to read. */
  readonly bytesPerSecond: number;
}

/** As fast as it can, and others in this process come in between. */
export const AT_ONCE: Budget = { share: 1, bytesPerSecond: Number.POSITIVE_INFINITY };

/** How long is worked at a stretch: nothing else in this process happens meanwhile. */
const STRETCH_MS = 10;
/** So long pauses are slept at most at once, so that what was to be slept long ago is not made up for. */
const LONGEST_SLEEP_MS = 60_000;

/** Has work rest in between as a budget wants it, and end as soon as the signal says so. */
export class Pace {
  readonly #budget: Budget;
  readonly #signal: AbortSignal;
  #since = monotonic();
  #bytes = 0;

  constructor(budget: Budget, signal: AbortSignal) {
    this.#budget = budget;
    this.#signal = signal;
  }

  /** True when it is time to rest; asked between any two small pieces of work. */
  get isDue(): boolean {
    return this.#signal.aborted || monotonic() - this.#since >= STRETCH_MS || this.#owedMs > STRETCH_MS;
  }

  /** Counts what was read. */
  read(bytes: number): void {
    this.#bytes += bytes;
  }

  /** @throws the signal's reason, when it says that the work is to end */
  goOn(): void {
    this.#signal.throwIfAborted();
  }

  /** Rests for as long as the work since the last rest is worth. @throws the signal's reason */
  async rest(): Promise<void> {
    this.goOn();
    const worked = monotonic() - this.#since;
    const ms = Math.max(worked / this.#budget.share, this.#owedMs) - worked;
    await pause(Math.min(LONGEST_SLEEP_MS, Math.max(0, ms)), this.#signal);
    this.goOn();
    this.#since = monotonic();
    this.#bytes = 0;
  }

  get #owedMs(): number {
    return (this.#bytes / this.#budget.bytesPerSecond) * 1000;
  }
}
