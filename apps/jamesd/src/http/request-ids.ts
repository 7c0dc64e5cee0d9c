import { randomBytes } from "node:crypto";

/**
 * What the requests of a listener are called in the log, and where one fails. It is never what a client calls its own: who
 * asks could give it the name of somebody else's.
 */
export class RequestIds {
  /** No two starts have the same. */
  readonly #start = randomBytes(4).toString("hex");
  #count = 0;

  next(): string {
    this.#count += 1;
    return `${this.#start}-${this.#count.toString(36)}`;
  }
}
