/** It is looked so often. */
const TICK_MS = 100;
/** So late a timer is only when there is more to do than can be done. */
const LATE_MS = 200;
/** After ten that are late one after the other nothing more can be taken on; after twenty that are not all is as ever. */
const [UP, DOWN] = [0.1, 0.05];

/**
 * How hard it has been of late, from 0 to 1, after a timer that was so late. One long piece of work makes one late timer;
 * only where they are late again and again work comes faster than it is done.
 */
export function nextHardness(hardness: number, lateMs: number): number {
  return lateMs > LATE_MS ? Math.min(1, hardness + UP) : Math.max(0, hardness - DOWN);
}

/** How far this process is from keeping up: by how late its own timers are. */
export class Strain {
  readonly #clock: () => number;
  #timer: NodeJS.Timeout;
  #due: number;
  #hardness = 0;

  /** @param clock milliseconds that only grow */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#due = clock() + TICK_MS;
    this.#timer = this.#begin();
  }

  /** From 0, it keeps up, to 1: nothing more can be taken on. */
  get level(): number {
    // Half a second of it passes by itself.
    return Math.max(0, 2 * this.#hardness - 1);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #begin(): NodeJS.Timeout {
    return setTimeout(() => {
      const now = this.#clock();
      this.#hardness = nextHardness(this.#hardness, now - this.#due);
      this.#due = now + TICK_MS;
      this.#timer = this.#begin();
    }, TICK_MS).unref();
  }
}
