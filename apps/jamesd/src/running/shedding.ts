import { JamesError } from "@jamesd/model";

const LEAST_MS = 5000;
const SPREAD_MS = 25_000;

/** What turns away a part of those who can as well come later, when there is more to do than can be done. */
export class Shedding {
  readonly #level: () => number;
  readonly #random: () => number;
  #count = 0;

  /** @param level from 0, none of them, to 1: all @param random a number from 0 to under 1 */
  constructor(level: () => number, random: () => number) {
    this.#level = level;
    this.#random = random;
  }

  /** As it is told. */
  get level(): number {
    return this.#level();
  }

  /** How many were turned away. */
  get count(): number {
    return this.#count;
  }

  /** Not for what brings something new: that is taken. @throws JamesError SERVER_BUSY, with when to come again at random */
  mayRefuse(): void {
    const level = this.#level();
    if (level === 0 || this.#random() >= level) return;
    this.#count += 1;
    throw new JamesError("SERVER_BUSY", "the server has more to do than it can", {
      hint: "Try again later; jamesc does so by itself.",
      retryAfterMs: LEAST_MS + this.#random() * SPREAD_MS * level,
    });
  }
}
