import type { JamesError } from "@jamesd/model";
import type { Logger } from "./log.ts";

/** Says once that the server was found and once that it was lost, not with every try. */
export class ConnectionLog {
  readonly #log: Logger;
  #last: string | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  up(): void {
    if (this.#last !== "up") this.#log.info("connected");
    this.#last = "up";
  }

  /** Another reason than before is news as well. */
  down(error: JamesError, retryMs: number): void {
    const news = this.#last !== error.code;
    const details = {
      code: error.code,
      error: error.message,
      hint: error.hint,
      retryMs: Math.round(retryMs),
    };
    this.#log[news ? "warn" : "debug"](details, this.#last === "up" ? "lost" : "cannot go on");
    this.#last = error.code;
  }
}
