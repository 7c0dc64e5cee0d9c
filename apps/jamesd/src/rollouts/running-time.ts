import { type Run, ranBetween } from "@jamesd/model";
import type { RunStore } from "../repository/run-store.ts";
import type { Part } from "../running/opened.ts";
import { repeat } from "../running/repeat.ts";

/** So often it is written down that the server runs, while that is asked for: one that is killed ran so much longer than it says at the most. */
const NOTE_EVERY_MS = 10_000;
/** Whose clock went on by so much since it looked last did not run: the machine slept, or somebody set the clock. */
const GAP_MS = 60_000;
/** A clock that goes back by more was set. */
const BACK_MS = 1000;

/** The clocks that it goes by. */
export interface Clocks {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds since whenever; `performance.now()` unless given. */
  readonly monotonic?: (() => number) | undefined;
}

/** How long the server ran, also before its last start. While it does not run it hears nobody, which is nobody's fault. */
export class RunningTime implements Part {
  readonly #store: RunStore;
  readonly #now: () => number;
  readonly #monotonic: () => number;
  /** Of the clock that nobody sets, when it was looked at last, and how much was counted by then. */
  #looked: number;
  #countedMs = 0;
  /** Those that are over, oldest first. */
  readonly #past: Run[];
  /** Of those that are over, how many are written down. */
  #written: number;
  #run: Run;
  readonly #noting: Part;

  private constructor(
    store: RunStore,
    { now, monotonic = () => performance.now() }: Clocks,
    past: readonly Run[],
    isAsked: () => boolean,
  ) {
    this.#store = store;
    this.#now = now;
    this.#monotonic = monotonic;
    this.#looked = monotonic();
    this.#past = [...past];
    this.#written = past.length;
    const start = now();
    this.#run = { from: start, until: start };
    this.#noting = repeat({ firstMs: NOTE_EVERY_MS, pauseMs: NOTE_EVERY_MS }, async () => {
      if (isAsked()) await this.note();
    });
  }

  /**
   * The server runs from now on.
   * @param since what is asked for lies after this time
   * @param isAsked whether anything now counts the time since it began
   */
  static async open(
    store: RunStore,
    since: number,
    clocks: Clocks,
    isAsked = () => true,
  ): Promise<RunningTime> {
    const time = new RunningTime(store, clocks, await store.since(since), isAsked);
    await time.note();
    return time;
  }

  /** Until when it has run: now. Where the clock is set back another run begins, so that until it is what it was before, less time may have passed than really did, but never more. */
  reached(): number {
    const now = this.#now();
    const passed = now - this.#run.until;
    if (passed > GAP_MS || passed < -BACK_MS) {
      this.#past.push(this.#run);
      this.#run = { from: now, until: now };
    } else if (now > this.#run.until) this.#run = { ...this.#run, until: now };
    return this.#run.until;
  }

  /** How long it ran between two times, in milliseconds. */
  ran(from: number, until = this.reached()): number {
    if (from >= this.#run.from) return Math.max(0, until - from);
    return ranBetween([...this.#past, this.#run], from, until);
  }

  /** How many whole milliseconds this process ran, by a clock that nobody sets and that stands while the machine sleeps; not while it was stopped. */
  counted(): number {
    const looked = this.#monotonic();
    const passed = looked - this.#looked;
    this.#looked = looked;
    if (passed <= GAP_MS) this.#countedMs += passed;
    return Math.floor(this.#countedMs);
  }

  /** Writes down until when it ran. */
  async note(): Promise<void> {
    this.reached();
    // Rounds look as well, but one may take longer than the time after which it counts as stopped.
    this.counted();
    for (const run of this.#past.slice(this.#written)) {
      await this.#store.note(run);
      this.#written += 1;
    }
    await this.#store.note(this.#run);
  }

  /** Writes down that it ends; where that cannot be written it ran as long as it had written before. */
  async close(): Promise<void> {
    this.#noting.close();
    await this.note().catch(() => undefined);
  }
}
