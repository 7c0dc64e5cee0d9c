import type { Digest } from "@jamesd/model";
import type { BlobHold } from "./blob-store.ts";

/** A hold that another thread has: what is added counts when that one says so. Asks for many at a time. */
export class RemoteHold implements BlobHold {
  readonly #ask: (digests: readonly Digest[]) => void;
  #waiting: { readonly digest: Digest; readonly held: () => void }[] = [];
  /** Those that were asked for, in the order of the answers. */
  readonly #asked: (readonly (() => void)[])[] = [];

  /** @param ask has these digests held; `held` is to be called for each time */
  constructor(ask: (digests: readonly Digest[]) => void) {
    this.#ask = ask;
  }

  add(digest: Digest): Promise<void> {
    // Those that come in the same turn go together.
    if (this.#waiting.length === 0) setImmediate(() => this.#send());
    return new Promise((resolve) => this.#waiting.push({ digest, held: resolve }));
  }

  /** The answer to the first question that had none. */
  held(): void {
    for (const resolve of this.#asked.shift() ?? []) resolve();
  }

  /** The thread that has it releases it. */
  release(): void {}

  #send(): void {
    const sent = this.#waiting;
    this.#waiting = [];
    this.#asked.push(sent.map(({ held }) => held));
    this.#ask(sent.map(({ digest }) => digest));
  }
}
