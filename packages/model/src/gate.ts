/** Lets at most `width` pieces of work run at a time; the others wait in the order they came. */
export class Gate {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(width: number) {
    this.#free = width;
  }

  /** True when another piece of work would not have to wait. */
  get isFree(): boolean {
    return this.#free > 0;
  }

  /** @param signal ends the waiting, not the work @throws what the work does; the signal's reason */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      // The place goes straight to the next in line, so that a newcomer cannot take it in between.
      const [next] = this.#waiting;
      if (next) next();
      else this.#free += 1;
    }
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      // Nothing stays at the signal, which may be that of many.
      const settle = (settled: () => void): void => {
        this.#waiting.delete(go);
        signal?.removeEventListener("abort", leave);
        settled();
      };
      const go = (): void => settle(resolve);
      const leave = (): void => settle(() => reject(signal?.reason));
      this.#waiting.add(go);
      signal?.addEventListener("abort", leave);
    });
  }
}
