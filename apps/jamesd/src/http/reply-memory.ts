import { JamesError } from "@jamesd/model";
import { someTimeLater } from "./retry-after.ts";

/** The bytes of long answers that are under way, until their readers have taken them: bounded per certificate, and in all where each is held for one reader. */
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

  /** What is held in all. */
  get bytes(): number {
    return this.#all;
  }

  /** @returns what gives them back; called again it does nothing @throws JamesError SERVER_BUSY */
  take(who: string, bytes: number): () => void {
    const isTooMuch = this.#all > 0 && this.#all + bytes > this.#most;
    if (isTooMuch || this.#isOverShare(who, bytes)) throw this.#busy(who);
    this.#all += bytes;
    this.#count(who, bytes);
    return once(() => {
      this.#all -= bytes;
      this.#count(who, -bytes);
    });
  }

  /**
   * The same of bytes that are there once for all who read them: they count for the one certificate alone, so that it
   * cannot keep as much of them in use as it likes.
   */
  takeShared(who: string, bytes: number): () => void {
    if (this.#isOverShare(who, bytes)) throw this.#busy(who);
    this.#count(who, bytes);
    return once(() => this.#count(who, -bytes));
  }

  #isOverShare(who: string, bytes: number): boolean {
    const own = this.#held.get(who) ?? 0;
    return own > 0 && own + bytes > this.#most / 4;
  }

  #count(who: string, bytes: number): void {
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

function once(giveBack: () => void): () => void {
  let isHeld = true;
  return () => {
    if (isHeld) giveBack();
    isHeld = false;
  };
}
