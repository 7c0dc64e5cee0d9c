/** As of a reader of the server: less than this in a second, over so long, is no answer that is worth a connection. */
const LEAST_BYTES_A_SECOND = 250;
const OVER_MS = 60_000;

/** How fast an answer comes, over the time in which it is waited for: a byte now and then is no silence, and no answer. */
export class Pace {
  readonly #now: () => number;
  /** Milliseconds that were waited, and since when it is waited now. */
  #waitedMs = 0;
  #since: number | undefined;
  /** Bytes that had come when that began. */
  #before = 0;

  /** @param now milliseconds on a clock that nobody sets */
  constructor(now: () => number = () => process.uptime() * 1000) {
    this.#now = now;
  }

  /** Whether somebody waits for it from now on. */
  await(isAwaited: boolean): void {
    const now = this.#now();
    this.#waitedMs += now - (this.#since ?? now);
    this.#since = isAwaited ? now : undefined;
  }

  /** To be asked whenever something came. @param bytes of use so far */
  isTooSlow(bytes: number): boolean {
    this.await(this.#since !== undefined);
    if (this.#waitedMs < OVER_MS) return false;
    const isTooSlow = (bytes - this.#before) * 1000 < LEAST_BYTES_A_SECOND * this.#waitedMs;
    [this.#waitedMs, this.#before] = [0, bytes];
    return isTooSlow;
  }
}

/** What came was too little for too long. */
export class SlowAnswer extends Error {
  constructor() {
    super(`less than ${LEAST_BYTES_A_SECOND} bytes a second for ${OVER_MS / 1000} s`);
  }
}
