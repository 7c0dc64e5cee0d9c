import type { JamesError } from "@jamesd/model";
import type { Logger } from "pino";

/** Which request it was. */
interface RequestName {
  readonly request: string;
  readonly method: string;
  readonly url: string;
}

/** How many lines there are in the log of what is the same for whoever asks, in so many milliseconds. */
export interface FailureSettings {
  readonly windowMs: number;
  readonly most: number;
}

const FAILURE_LINES: FailureSettings = { windowMs: 60_000, most: 3 };

/** What is wrong with the server's disk, whoever asks: a fleet that reports meets it at each try. */
const OF_DISK: ReadonlySet<string> = new Set(["STORAGE_FULL", "STORE_CORRUPT"]);

/**
 * Says in the log which requests were not done: what is the server's own fault as an error, its full or broken disk among
 * it, of which some lines tell and then their number; what is the asker's, or of who has left, for debugging only.
 */
export class FailedRequests {
  readonly #log: Pick<Logger, "debug" | "error">;
  readonly #settings: FailureSettings;
  #written = 0;
  #left = 0;
  #isCounting = false;

  constructor(log: Pick<Logger, "debug" | "error">, settings: FailureSettings = FAILURE_LINES) {
    this.#log = log;
    this.#settings = settings;
  }

  /** @param thrown what `error` was made of; `hasLeft`: nobody is there any more to be told */
  note(said: RequestName, error: JamesError, thrown: unknown, hasLeft: boolean): void {
    const isOfDisk = OF_DISK.has(error.code);
    if (hasLeft || !(isOfDisk || error.class === "internal"))
      this.#log.debug({ ...said, code: error.code }, "request refused");
    else if (!isOfDisk || this.#mayWrite()) this.#log.error({ ...said, err: thrown }, "request failed");
  }

  #mayWrite(): boolean {
    if (!this.#isCounting) setTimeout(() => this.#endWindow(), this.#settings.windowMs).unref();
    this.#isCounting = true;
    if (this.#written >= this.#settings.most) {
      this.#left += 1;
      return false;
    }
    this.#written += 1;
    return true;
  }

  #endWindow(): void {
    if (this.#left > 0) this.#log.error({ count: this.#left }, "more requests failed by the server's disk");
    this.#isCounting = false;
    this.#written = 0;
    this.#left = 0;
  }
}
