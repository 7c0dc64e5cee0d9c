/** How much may come at once, and for how long who brings more is held to that. */
export interface BucketSettings {
  /** So much a second runs out of each. */
  readonly perSecond: number;
  /** From here on a bucket is full. */
  readonly capacity: number;
  /** Never is more in it: so it is full no longer than what is above the capacity takes to run out. */
  readonly most: number;
  /** Milliseconds that only grow. */
  readonly clock: () => number;
}

interface Bucket {
  level: number;
  at: number;
}

const LEAST_KEPT = 1024;

/** A bucket for each who brings something: what comes stays until it has run out. Empty ones cost nothing. */
export class LeakyBuckets {
  readonly #settings: BucketSettings;
  readonly #buckets = new Map<string, Bucket>();
  /** When there are so many, the empty ones are forgotten. */
  #mostKept = LEAST_KEPT;

  constructor(settings: BucketSettings) {
    this.#settings = settings;
  }

  /** Somebody brings so much. @returns whether the bucket is full now */
  pour(who: string, amount: number): boolean {
    if (this.#buckets.size >= this.#mostKept) this.#forgetEmpty();
    const level = Math.min(this.#settings.most, this.#levelOf(who) + amount);
    this.#buckets.set(who, { level, at: this.#settings.clock() });
    return level >= this.#settings.capacity;
  }

  isFull(who: string): boolean {
    return this.#levelOf(who) >= this.#settings.capacity;
  }

  #levelOf(who: string): number {
    const bucket = this.#buckets.get(who);
    if (!bucket) return 0;
    const { perSecond, clock } = this.#settings;
    return Math.max(0, bucket.level - ((clock() - bucket.at) * perSecond) / 1000);
  }

  // The next time there are twice as many, so that it costs each of them the same.
  #forgetEmpty(): void {
    for (const who of this.#buckets.keys()) if (this.#levelOf(who) === 0) this.#buckets.delete(who);
    this.#mostKept = Math.max(LEAST_KEPT, 2 * this.#buckets.size);
  }
}
