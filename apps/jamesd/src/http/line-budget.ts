/** How many lines there may be in the log, in so many milliseconds. */
export interface LineBudgetSettings {
  readonly windowMs: number;
  readonly most: number;
}

/** Counts the lines that something writes to the log: so many in a time, and how many there would have been besides. */
export class LineBudget {
  readonly #settings: LineBudgetSettings;
  readonly #ended: (left: number) => void;
  #written = 0;
  #left = 0;
  #isCounting = false;

  /** @param ended told at the end of each time in which there was anything how many were left out */
  constructor(settings: LineBudgetSettings, ended: (left: number) => void) {
    this.#settings = settings;
    this.#ended = ended;
  }

  /** True when one more line may be written; else it is counted. @param isWanted false: it is left out in any case */
  take(isWanted = true): boolean {
    if (!this.#isCounting) setTimeout(() => this.#endWindow(), this.#settings.windowMs).unref();
    this.#isCounting = true;
    const isTaken = isWanted && this.#written < this.#settings.most;
    if (isTaken) this.#written += 1;
    else this.#left += 1;
    return isTaken;
  }

  #endWindow(): void {
    const left = this.#left;
    this.#isCounting = false;
    this.#written = 0;
    this.#left = 0;
    this.#ended(left);
  }
}
