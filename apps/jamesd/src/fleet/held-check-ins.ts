import type { Session } from "./session.ts";

/** Held check-ins end up to so much later than they were to: that one look after all of them is enough. */
const TICK_MS = 250;
/** At one go so many are looked at, or for so long; then whatever else came in has its turn. */
const MOST_AT_ONCE = 32;
const SLICE_MS = 4;

/** A check-in that waits for its answer. */
export interface Waiting {
  /** Looks whether there is something to do by now: it is answered, or waits on. */
  look(): void;
}

/**
 * When held check-ins are looked at again: when their time is up, and when they are woken, which may be all at once. None
 * has a timer of its own: they lie together by the time at which they end. However many are to look, they do so a few at
 * a time, in the order in which they were woken, and others are served in between.
 */
export class HeldCheckIns {
  /** Told of each that is held no longer: until this moment its device was there. */
  readonly left: (id: string, session: Session) => void;
  /** Who waits, by the tick of the clock at which that ends. */
  readonly #ends = new Map<number, Set<Waiting>>();
  #clock: NodeJS.Timeout | undefined;
  /** Who looks now, one after the other, and the first that has not. */
  #looking: readonly Waiting[] = [];
  #next = 0;
  /** Who looks after them. */
  #woken: Waiting[] = [];
  #isAtWork = false;
  readonly #idle: (() => void)[] = [];

  constructor(left: (id: string, session: Session) => void) {
    this.left = left;
  }

  /** Holds one until `end`, in milliseconds of `performance.now()`. @returns what names its place, for `wake` */
  hold(waiting: Waiting, end: number): number {
    const tick = Math.ceil(end / TICK_MS);
    const together = this.#ends.get(tick);
    if (together) together.add(waiting);
    else this.#ends.set(tick, new Set([waiting]));
    this.#clock ??= setInterval(() => this.#endDue(), TICK_MS);
    return tick;
  }

  /** Has one look in its turn, that waits at this place. */
  wake(waiting: Waiting, place: number): void {
    const together = this.#ends.get(place);
    if (!together?.delete(waiting)) return;
    if (together.size === 0) this.#ends.delete(place);
    this.#queue(waiting);
  }

  /** Resolves when all that were woken have looked. */
  async looked(): Promise<void> {
    if (this.#isAtWork) await new Promise<void>((resolve) => void this.#idle.push(resolve));
  }

  #endDue(): void {
    const now = performance.now() / TICK_MS;
    for (const [tick, together] of this.#ends) {
      if (tick > now) continue;
      this.#ends.delete(tick);
      for (const waiting of together) this.#queue(waiting);
    }
    this.#stopWhenEmpty();
  }

  #queue(waiting: Waiting): void {
    this.#woken.push(waiting);
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    setImmediate(this.#slice);
  }

  readonly #slice = (): void => {
    const start = performance.now();
    for (let count = 0; count < MOST_AT_ONCE && performance.now() - start < SLICE_MS; count += 1) {
      const waiting = this.#nextToLook();
      if (!waiting) {
        this.#rest();
        return;
      }
      waiting.look();
    }
    setImmediate(this.#slice);
  };

  #nextToLook(): Waiting | undefined {
    if (this.#next === this.#looking.length) {
      this.#looking = this.#woken;
      this.#woken = [];
      this.#next = 0;
    }
    const waiting = this.#looking[this.#next];
    this.#next += 1;
    return waiting;
  }

  #rest(): void {
    this.#next = 0;
    this.#isAtWork = false;
    for (const resolve of this.#idle.splice(0)) resolve();
    this.#stopWhenEmpty();
  }

  // A clock that nobody needs would keep the process from ending.
  #stopWhenEmpty(): void {
    if (this.#ends.size > 0) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
  }
}
