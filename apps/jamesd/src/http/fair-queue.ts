/** One that waits for its turn. */
export interface Waiter {
  readonly who: string;
  readonly admit: () => void;
}

/** A place in the queue, as it was when it was taken: who holds more or less since then has another one as well. */
interface Place {
  readonly waiter: Waiter;
  readonly held: number;
  /** Of its coming: the smaller, the earlier. */
  readonly coming: number;
}

/** So many places that count no more are kept for each that does. */
const STALE_PER_WAITER = 4;
const FEW = 16;

/** Those that wait: whoever holds fewest is next, and of equals who came first. Thousands may wait; each turn costs the logarithm of that. */
export class FairQueue {
  readonly #heldBy: (who: string) => number;
  /** Those that wait with the order in which they came. */
  readonly #waiting = new Map<Waiter, number>();
  readonly #of = new Map<string, Set<Waiter>>();
  /** A binary heap: none comes before the one above it. */
  #heap: Place[] = [];
  #comings = 0;

  /** @param heldBy how many each holds; `changed` is called when that is another number than before */
  constructor(heldBy: (who: string) => number) {
    this.#heldBy = heldBy;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** How many of one wait. */
  sizeOf(who: string): number {
    return this.#of.get(who)?.size ?? 0;
  }

  add(waiter: Waiter): void {
    this.#comings += 1;
    this.#waiting.set(waiter, this.#comings);
    const own = this.#of.get(waiter.who) ?? new Set();
    this.#of.set(waiter.who, own.add(waiter));
    this.#take(waiter);
  }

  delete(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    const own = this.#of.get(waiter.who);
    own?.delete(waiter);
    if (own?.size === 0) this.#of.delete(waiter.who);
    if (this.#heap.length > FEW + STALE_PER_WAITER * this.size) this.#sweep();
  }

  /** One holds more or fewer than before. */
  changed(who: string): void {
    for (const waiter of this.#of.get(who) ?? []) this.#take(waiter);
  }

  /** Whoever is next; it stays until it is deleted. */
  get next(): Waiter | undefined {
    for (let [first] = this.#heap; first; [first] = this.#heap) {
      if (this.#counts(first)) return first.waiter;
      this.#drop();
    }
    return undefined;
  }

  #counts({ waiter, held }: Place): boolean {
    return this.#waiting.has(waiter) && held === this.#heldBy(waiter.who);
  }

  #sweep(): void {
    const places = this.#heap.filter((place) => this.#counts(place));
    // What is sorted is a heap.
    this.#heap = places.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  #take(waiter: Waiter): void {
    const place = { waiter, held: this.#heldBy(waiter.who), coming: this.#waiting.get(waiter) ?? 0 };
    const heap = this.#heap;
    let at = heap.push(place) - 1;
    for (let above = (at - 1) >> 1; at > 0 && isBefore(place, heap[above]); above = (at - 1) >> 1) {
      heap[at] = heap[above] as Place;
      at = above;
    }
    heap[at] = place;
  }

  /** Takes the first one away. */
  #drop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const below = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!isBefore(heap[below], last)) break;
      heap[at] = heap[below] as Place;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(one: Place | undefined, other: Place | undefined): boolean {
  if (!one || !other) return one !== undefined;
  return one.held < other.held || (one.held === other.held && one.coming < other.coming);
}
