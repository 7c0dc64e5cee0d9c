import type { Digest } from "@jamesd/model";

/** A packet that is going to follow another one of its name. */
export interface PacketPair {
  readonly base: Digest;
  readonly target: Digest;
  /** On how many devices, as far as is known; what somebody asked for is said to be for more than there are. */
  readonly devices: number;
  /** Some of these devices; empty: it is made whoever needs it. */
  readonly ids: readonly string[];
}

/** So many pairs may wait; of more, those for the fewest devices are left to the first device that asks. */
const MOST = 32;

export interface DeltasAheadOptions {
  /** True while one of its devices still needs it. */
  readonly isNeeded: (pair: PacketPair) => Promise<boolean>;
  /** Makes the delta of a pair, or resolves when there is none to be made. */
  readonly make: (pair: PacketPair) => Promise<unknown>;
  readonly failed: (thrown: unknown) => void;
}

/** Deltas that are made before the first device waits for them: one after the other, those for most devices first. */
export class DeltasAhead {
  readonly #options: DeltasAheadOptions;
  /** By base and target. */
  #waiting = new Map<string, PacketPair>();
  #working: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: DeltasAheadOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  add(pairs: readonly PacketPair[]): void {
    if (this.#isClosed) return;
    // What is said last of a pair counts: the devices may be others now.
    for (const pair of pairs) this.#waiting.set(`${pair.base} ${pair.target}`, pair);
    const first = [...this.#waiting].sort(([, a], [, b]) => b.devices - a.devices).slice(0, MOST);
    this.#waiting = new Map(first);
    this.#begin();
  }

  /** Begins with no other; waits for the one that is being made. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.clear();
    await this.#working;
  }

  #begin(): void {
    if (this.#waiting.size === 0) return;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      // What was added after the last look.
      this.#begin();
    });
  }

  async #work(): Promise<void> {
    const { isNeeded, make, failed } = this.#options;
    for (let next = this.#next(); next; next = this.#next())
      try {
        if (await isNeeded(next)) await make(next);
      } catch (thrown) {
        failed(thrown);
      }
  }

  #next(): PacketPair | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    this.#waiting.delete(first[0]);
    return first[1];
  }
}
