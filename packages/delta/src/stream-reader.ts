import { pipeline, Readable } from "node:stream";
import { createBrotliDecompress } from "node:zlib";
import { invalidDelta } from "./format.ts";

const EMPTY = new Uint8Array(0);
/** The longest number, in bytes: eight times seven bits hold every safe integer. */
const MAX_NUMBER_BYTES = 8;

/**
 * Numbers and bytes from a stream. What is there already is read without waiting: call `ready` when `isReady` is false.
 */
export class StreamReader {
  readonly #rest: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array;
  #at = 0;
  #isEnded = false;

  private constructor(chunk: Uint8Array, rest: Readable) {
    this.#chunk = chunk;
    this.#rest = rest;
    this.#chunks = rest[Symbol.asyncIterator]();
  }

  /** Reads what brotli compressed. */
  static compressed(chunks: AsyncIterable<Uint8Array>): StreamReader {
    const decoder = createBrotliDecompress();
    // Its failure is that of the next read; nobody may be reading when it happens.
    decoder.on("error", () => undefined);
    pipeline(Readable.from(chunks, { objectMode: false }), decoder, () => undefined);
    return new StreamReader(EMPTY, decoder);
  }

  /** Reads what is in memory. */
  static plain(bytes: Uint8Array): StreamReader {
    return new StreamReader(bytes, Readable.from([]));
  }

  /** Reads on until a whole number is there, or the end is. */
  async ready(): Promise<void> {
    while (!this.#isEnded && this.#chunk.length - this.#at < MAX_NUMBER_BYTES) await this.#more();
  }

  /** True when `number` can be called without waiting. */
  get isReady(): boolean {
    return this.#isEnded || this.#chunk.length - this.#at >= MAX_NUMBER_BYTES;
  }

  /** True when nothing is left; only after `ready`. */
  get isAtEnd(): boolean {
    return this.#isEnded && this.#at === this.#chunk.length;
  }

  /** A number in LEB128; only after `ready`. @throws JamesError DELTA_INVALID */
  number(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_NUMBER_BYTES; i += 1) {
      const byte = this.#chunk[this.#at];
      if (byte === undefined) throw invalidDelta("it ends in the middle");
      this.#at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (Number.isSafeInteger(value)) return value;
        break;
      }
      scale *= 128;
    }
    throw invalidDelta("a number is too large");
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** At most `most` bytes, at least one. @throws JamesError DELTA_INVALID at the end */
  async bytes(most: number): Promise<Uint8Array> {
    while (this.#at === this.#chunk.length) {
      if (this.#isEnded) throw invalidDelta("it ends in the middle");
      await this.#more();
    }
    const taken = this.#chunk.subarray(this.#at, this.#at + most);
    this.#at += taken.length;
    return taken;
  }

  close(): void {
    this.#rest.destroy();
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next().catch((cause: unknown) => {
      throw invalidDelta("it cannot be decompressed", cause);
    });
    if (next.done) {
      this.#isEnded = true;
      return;
    }
    const rest = this.#chunk.subarray(this.#at);
    this.#chunk = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
    this.#at = 0;
  }
}
