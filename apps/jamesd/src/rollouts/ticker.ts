import type { Part } from "../running/opened.ts";

/** Rollouts are looked at so often when nothing happens, for time passes. */
const TICK_MS = 1000;
/** What happens within this time is looked at together. */
const TOGETHER_MS = 100;

/** Has work done every second, and soon after it is told that something happened; one piece at a time. Keeps no process alive. */
export class Ticker implements Part {
  readonly #work: () => Promise<boolean>;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #isSoon = false;
  #isClosed = false;

  /** @param work never throws; true: there is more to do soon */
  constructor(work: () => Promise<boolean>) {
    this.#work = work;
    this.#wait(TICK_MS);
  }

  /** Something happened. */
  readonly tell = (): void => {
    if (this.#isSoon || this.#isClosed) return;
    this.#isSoon = true;
    if (!this.#working) this.#wait(TOGETHER_MS);
  };

  /** Waits for what is under way; nothing is done after it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#working = this.#round();
    }, ms).unref();
  }

  async #round(): Promise<void> {
    this.#isSoon = false;
    const isMore = await this.#work();
    this.#working = undefined;
    if (!this.#isClosed) this.#wait(isMore || this.#isSoon ? TOGETHER_MS : TICK_MS);
  }
}
