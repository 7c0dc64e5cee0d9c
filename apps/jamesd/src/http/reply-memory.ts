import { JamesError } from "@jamesd/model";
import { someTimeLater } from "./retry-after.ts";

/** The bytes of long answers that are held for one reader each, until it has taken them: bounded in all, and per certificate. */
export class ReplyMemory {
  readonly #most: number;
  readonly #random: () => number;
  readonly #held = new Map<string, number>();
  #all = 0;

  /** `most` in bytes; a certificate may have a quarter of it, and always one answer. `random` gives from 0 to under 1. */
  constructor(most: number, random: () => number) {
    this.#most = most;
    this.#random = random;
  }

  /** @returns what gives them back; called again it does nothing @throws JamesError SERVER_BUSY */
  take(who: string, bytes: number): () => void {
    const own = this.#held.get(who) ?? 0;
    const isTooMuch = this.#all > 0 && this.#all + bytes > this.#most;
    if (isTooMuch || (own > 0 && own + bytes > this.#most / 4)) throw this.#busy(who);
    this.#add(who, bytes);
    let isHeld = true;
    return () => {
      if (isHeld) this.#add(who, -bytes);
      isHeld = false;
    };
  }

  #add(who: string, bytes: number): void {
    this.#all += bytes;
    const own = (this.#held.get(who) ?? 0) + bytes;
    if (own > 0) this.#held.set(who, own);
    else this.#held.delete(who);
  }

  #busy(who: string): JamesError {
    return new JamesError(
      "SERVER_BUSY",
      `there are too many long answers on their way to give ${who} another`,
      {
        hint: "Read those to their end, ask for fewer things at once, or try again in a few seconds.",
        retryAfterMs: someTimeLater(this.#random),
      },
    );
  }
}
