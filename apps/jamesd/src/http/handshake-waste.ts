import { addressGroup } from "./address-group.ts";
import { type Bucket, LeakyBuckets } from "./leaky-buckets.ts";

/** Of a place on the network: what its handshakes cost beyond use, in such as are usual; a fifth of what is begun in all. */
const OF_PLACE = { perSecond: 100, capacity: 500, most: 1500 } as const;
/** Of a certificate: how often it may come anew. */
const OF_CERTIFICATE = { perSecond: 2, capacity: 60, most: 120 } as const;
const LEAST_KEPT = 1024;
/** A session that is taken up again costs about half of one. */
const RESUMED = 0.5;
/** What a client sends in a usual handshake, at the most; chains of large RSA keys are longer, and cost by their length. */
const USUAL_BYTES = 4096;

/**
 * What handshakes cost that lead to nothing: of who is refused, and of a certificate that comes anew again and again. It is
 * counted for the place that they come from, since whose they are is known only when they are paid for.
 */
export class HandshakeWaste {
  readonly #places: LeakyBuckets;
  readonly #certificates: LeakyBuckets;

  /** @param clock milliseconds that only grow */
  constructor(clock: () => number) {
    this.#places = new LeakyBuckets({ perSecond: OF_PLACE.perSecond, clock, leastKept: LEAST_KEPT });
    this.#certificates = new LeakyBuckets({
      perSecond: OF_CERTIFICATE.perSecond,
      clock,
      leastKept: LEAST_KEPT,
    });
  }

  /** A handshake failed, or who came is none of ours. @returns what it cost, in such as are usual */
  refused(from: string, bytes: number): number {
    const cost = Math.max(1, bytes / USUAL_BYTES);
    pour(this.#places.of(addressGroup(from)), cost, OF_PLACE);
    return cost;
  }

  /** A certificate of ours has come. */
  done(account: string, from: string, isResumed: boolean): void {
    const cost = isResumed ? RESUMED : 1;
    if (pour(this.#certificates.of(account), cost, OF_CERTIFICATE))
      pour(this.#places.of(addressGroup(from)), cost, OF_PLACE);
  }

  /** True of a place that is let in slowly for now. */
  isLate(place: string): boolean {
    return this.#places.levelOf(place) >= OF_PLACE.capacity;
  }
}

/** Never is more in a bucket than `most`: it is full no longer than what is above the capacity takes to run out. @returns whether it is full now */
function pour(
  bucket: Bucket,
  amount: number,
  { capacity, most }: { capacity: number; most: number },
): boolean {
  bucket.level = Math.min(most, bucket.level + amount);
  return bucket.level >= capacity;
}
