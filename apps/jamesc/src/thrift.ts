import { giveBack } from "./give-back.ts";

/** After so many quiet answers memory is given back as well: what each leaves, V8 itself would keep for hours. */
export const QUIET_ANSWERS = 15;

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
