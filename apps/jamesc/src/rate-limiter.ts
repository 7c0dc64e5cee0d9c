/** What a rate is kept with: a clock in milliseconds, and waiting that the signal ends early without an error. */
export interface Clock {
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What may come at once after a silence, in milliseconds at the full rate. */
const BURST_MS = 1000;

/**
 * A token bucket for everything that shares it. Bytes are counted when they have come, for what is on its way cannot be
 * taken back; who counted them then waits until they are due, each behind the other.
 */
export class RateLimiter {
  readonly #bytesPerMs: number;
  readonly #clock: Clock;
  /** When all that was counted would have come at the rate. */
  #due = Number.NEGATIVE_INFINITY;

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#clock = clock;
  }

  /** Counts bytes that came. @returns when they are due, for `until` */
  count(bytes: number): number {
    this.#due = Math.max(this.#due, this.#clock.now() - BURST_MS) + bytes / this.#bytesPerMs;
    return this.#due;
  }

  /** Waits until a time. @throws the signal's reason, at once when it aborts */
  async until(time: number, signal: AbortSignal): Promise<void> {
    const ms = time - this.#clock.now();
    if (ms > 0) await this.#clock.sleep(Math.ceil(ms), signal);
    signal.throwIfAborted();
  }
}
