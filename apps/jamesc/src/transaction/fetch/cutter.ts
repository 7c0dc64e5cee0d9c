import type { Content, Digest } from "@jamesd/model";
import type { Wanted } from "./fetched.ts";
import { isSmall, receiveSmall, takeSmall, writeLarge } from "./write-blob.ts";

/** Cuts a stream into contents of known lengths. */
export class Cutter {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#chunks = content[Symbol.asyncIterator]();
  }

  /**
   * Verifies and writes those of the next contents that are wanted, and passes over the others.
   * @param taken told of each that is there
   * @throws JamesError as `verify` does
   */
  async take(
    contents: readonly Content[],
    wanted: ReadonlyMap<Digest, Wanted>,
    signal: AbortSignal,
    taken: (wanted: Wanted) => void,
  ): Promise<void> {
    for (const { digest, size } of contents) {
      const one = wanted.get(digest);
      // Of thousands most are whole in what is there: to wait for each would take longer than to write it.
      if (one && isSmall(one) && size <= this.#rest.length) takeSmall(this.#cut(size), one);
      else await this.#takeAsItComes(size, one, signal);
      if (one) taken(one);
    }
  }

  async #takeAsItComes(size: number, one: Wanted | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const content = this.#next(size);
    if (one === undefined) for await (const _ of content);
    else if (isSmall(one)) await receiveSmall(content, one);
    else await writeLarge(() => content, 0, one);
  }

  /** Sees the end of a stream of which all was taken, so that its connection can serve again; what a cache that knows no ranges sends beyond it is left. */
  async end(): Promise<void> {
    if (this.#rest.length === 0) await this.#chunks.next();
  }

  // Or fewer where the stream ends; to be read to its end before the next one.
  async *#next(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; ) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done) return;
        this.#rest = next.value;
      }
      const piece = this.#cut(left);
      left -= piece.length;
      yield piece;
    }
  }

  /** So many of the bytes that are there, or all of them. */
  #cut(most: number): Uint8Array {
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** Ends the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
