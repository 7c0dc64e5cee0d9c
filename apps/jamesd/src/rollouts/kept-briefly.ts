/** Whoever asks again within this time is told the same: all devices are looked at for it. */
const KEPT_MS = 30_000;

interface Kept<T> {
  readonly key: unknown;
  readonly time: number;
  readonly value: Promise<T>;
}

/** What was worked out of live rollouts, for half a minute. */
export class KeptBriefly<T> {
  readonly #now: () => number;
  readonly #kept = new Map<number, Kept<T>>();

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Of a rollout; worked out anew when `key` is another. What failed is tried again. */
  of(revision: number, key: unknown, work: () => Promise<T>): Promise<T> {
    const time = this.#now();
    const known = this.#kept.get(revision);
    if (known && known.key === key && Math.abs(time - known.time) < KEPT_MS) return known.value;
    for (const [one, kept] of this.#kept) if (time - kept.time >= KEPT_MS) this.#kept.delete(one);
    const value = work();
    this.#kept.set(revision, { key, time, value });
    return value.catch((thrown: unknown) => {
      this.#kept.delete(revision);
      throw thrown;
    });
  }
}
