/** How fast buckets empty, and when they are looked through. */
export interface BucketSettings {
  /** So much a second runs out of each. */
  readonly perSecond: number;
  /** Milliseconds that only grow. */
  readonly clock: () => number;
  /** So many are kept before the empty ones are forgotten. */
  readonly leastKept: number;
}

/** What somebody brought and what has not run out yet. */
export interface Bucket {
  /** As it was when it was asked for; whoever brings something adds it. */
  level: number;
  at: number;
}

/** A bucket for each who brings something: what comes stays until it has run out. Empty ones cost nothing. */
export class LeakyBuckets {
  readonly #settings: BucketSettings;
  readonly #buckets = new Map<string, Bucket>();
  /** When there are so many, the empty ones are forgotten. */
  #mostKept: number;

  constructor(settings: BucketSettings) {
    this.#settings = settings;
    this.#mostKept = settings.leastKept;
  }

  /** How many are kept that are not empty, or were not a while ago. */
  get size(): number {
    return this.#buckets.size;
  }

  /** The bucket of somebody, with what is in it now. */
  of(who: string): Bucket {
    const at = this.#settings.clock();
    const bucket = this.#buckets.get(who) ?? this.#open(who, at);
    bucket.level = this.#levelAt(bucket, at);
    bucket.at = at;
    return bucket;
  }

  /** What is in the bucket of somebody now. */
  levelOf(who: string): number {
    const bucket = this.#buckets.get(who);
    return bucket ? this.#levelAt(bucket, this.#settings.clock()) : 0;
  }

  #levelAt({ level, at }: Bucket, now: number): number {
    return Math.max(0, level - ((now - at) * this.#settings.perSecond) / 1000);
  }

  #open(who: string, at: number): Bucket {
    if (this.#buckets.size >= this.#mostKept) this.#forgetEmpty(at);
    const bucket = { level: 0, at };
    this.#buckets.set(who, bucket);
    return bucket;
  }

  // Twice as many next time: where none is empty, it is not looked again with each that comes.
  #forgetEmpty(at: number): void {
    for (const [who, bucket] of this.#buckets) if (this.#levelAt(bucket, at) === 0) this.#buckets.delete(who);
    this.#mostKept = Math.max(this.#settings.leastKept, 2 * this.#buckets.size);
  }
}
