import { pipeline, Readable } from "node:stream";
import { brotliDecompressSync, createBrotliDecompress } from "node:zlib";
import { invalidDelta } from "./format.ts";

const EMPTY = new Uint8Array(0);
/** What takes so few bytes is decompressed at once: to have another thread do it piece by piece takes longer. */
const MOST_AT_ONCE = 64 * 1024;
/** If that becomes so many bytes at most: what comes may have been made to fill the memory. */
const MOST_MADE_AT_ONCE = 1024 * 1024;
/** The longest number, in bytes: eight times seven bits hold every safe integer. */
const MAX_NUMBER_BYTES = 8;

/**
 * Numbers and bytes from a stream. What is there already is read without waiting: call `ready` when `isReady` is false.
 */
export class StreamReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #end: () => void;
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  #isEnded = false;

  private constructor(chunks: AsyncIterator<Uint8Array>, end: () => void) {
    this.#chunks = chunks;
    this.#end = end;
  }

  /** Reads what brotli compressed to `length` bytes. */
  static compressed(chunks: AsyncIterable<Uint8Array>, length: number): StreamReader {
    if (length <= MOST_AT_ONCE) return new StreamReader(decompressed(chunks), () => undefined);
    const decoder = decoderOf(chunks);
    return new StreamReader(decoder[Symbol.asyncIterator](), () => decoder.destroy());
  }

  /** Reads what is in memory. */
  static plain(bytes: Uint8Array): StreamReader {
    const reader = new StreamReader(nothing(), () => undefined);
    reader.#chunk = bytes;
    return reader;
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
    this.#end();
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

function decoderOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Readable {
  const decoder = createBrotliDecompress();
  // Its failure is that of the next read; nobody may be reading when it happens.
  decoder.on("error", () => undefined);
  pipeline(Readable.from(chunks, { objectMode: false }), decoder, () => undefined);
  return decoder;
}

async function* decompressed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gathered: Uint8Array[] = [];
  for await (const chunk of chunks) gathered.push(chunk);
  const bytes = Buffer.concat(gathered);
  if (bytes.length === 0) return;
  const plain = atOnce(bytes);
  if (plain) yield plain;
  else yield* decoderOf([bytes]);
}

// Undefined when it becomes too much for that.
function atOnce(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return brotliDecompressSync(bytes, { maxOutputLength: MOST_MADE_AT_ONCE });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw cause;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
