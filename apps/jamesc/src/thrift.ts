import { giveBack } from "./give-back.ts";

/**
 * After so many quiet answers memory is given back as well: what each leaves, 130 KB, V8 itself would keep until there are
 * two megabytes of it. To give back takes some 20 ms.
 */
export const QUIET_ANSWERS = 3;

/** Sees to it that an agent that waits gives memory back: when it has done something, and from time to time. */
export class Thrift {
  readonly #giveBack: () => void;
  /** So many more quiet answers are none of its business. To start is to have done something. */
  #left = 0;

  constructor(give: () => void = giveBack) {
    this.#giveBack = give;
  }

  /** Something is done. */
  worked(): void {
    this.#left = 0;
  }

  /** There was an answer that brought nothing. */
  quiet(): void {
    if (this.#left > 0) {
      this.#left -= 1;
      return;
    }
    this.#giveBack();
    this.#left = QUIET_ANSWERS;
  }
}
