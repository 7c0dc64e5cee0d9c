import type { JamesError } from "@jamesd/model";
import type { Logger } from "./log.ts";

/** Says once that the server was found and once that it was lost, not with every try. */
export class ConnectionLog {
  readonly #log: Logger;
  #last: string | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** True between a check-in that was answered and one that was not. */
  get isUp(): boolean {
    return this.#last === "up";
  }

  up(): void {
    if (!this.isUp) this.#log.info("connected");
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
    this.#log[news ? "warn" : "debug"](details, this.isUp ? "lost" : "cannot go on");
    this.#last = error.code;
  }
}
