import type { JamesError } from "@jamesd/model";
import type { Logger } from "pino";
import { LineBudget, type LineBudgetSettings } from "./line-budget.ts";

/** Which request it was. */
interface RequestName {
  readonly request: string;
  readonly method: string;
  readonly url: string;
}

/** Of what is the same for whoever asks. */
const FAILURE_LINES: LineBudgetSettings = { windowMs: 60_000, most: 3 };

/** What is wrong with the server's disk, whoever asks: a fleet that reports meets it at each try. */
const OF_DISK: ReadonlySet<string> = new Set(["STORAGE_FULL", "STORE_CORRUPT"]);

/**
 * Says in the log which requests were not done: what is the server's own fault as an error, its full or broken disk among
 * it, of which some lines tell and then their number; what is the asker's, or of who has left, for debugging only.
 */
export class FailedRequests {
  readonly #log: Pick<Logger, "debug" | "error">;
  readonly #lines: LineBudget;

  constructor(log: Pick<Logger, "debug" | "error">, settings: LineBudgetSettings = FAILURE_LINES) {
    this.#log = log;
    this.#lines = new LineBudget(settings, (left) => {
      if (left > 0) log.error({ count: left }, "more requests failed by the server's disk");
    });
  }

  /** @param thrown what `error` was made of; `hasLeft`: nobody is there any more to be told */
  note(said: RequestName, error: JamesError, thrown: unknown, hasLeft: boolean): void {
    const isOfDisk = OF_DISK.has(error.code);
    if (hasLeft || !(isOfDisk || error.class === "internal"))
      this.#log.debug({ ...said, code: error.code }, "request refused");
    else if (!isOfDisk || this.#lines.take()) this.#log.error({ ...said, err: thrown }, "request failed");
  }
}
