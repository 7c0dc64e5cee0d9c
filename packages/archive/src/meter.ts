import type { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { ArchiveLimits } from "./limits.ts";
import { refusal } from "./refuse.ts";

/** Room for headers and padding in the plain tar, for each entry that the limits allow. */
const BYTES_PER_ENTRY = 16 * 1024;
/** What may go in before something has come out: a decompressor reads ahead, at most a block of bzip2. */
const INPUT_FLOOR = 4 * 2 ** 20;
/** Then input for each byte that came out: no compression makes much more of what it cannot compress. */
const INPUT_RATIO = 2;
/** Streams, members or frames in one file, whatever they hold; many programs that work in parallel write some. */
const FREE_STREAMS = 256;
/** Then one for so many bytes that came out. */
const BYTES_PER_STREAM = 4096;
/** Bytes that may go into or come out of a decompressor in one stretch, before everything else in the process goes on. */
const STRETCH = 2 ** 18;

/** Told of each of the compressed streams (members, frames) that follow one another in a file. */
export interface StreamCount {
  /** Notes that one begins. @throws JamesError ARCHIVE_CORRUPT when they are too many for what came out of them */
  add(): void;
}

/** Counts what goes into and comes out of a decompressor, and stops a decompression bomb, and work that makes nothing. */
export class Meter implements StreamCount {
  readonly #limits: ArchiveLimits;
  #compressed = 0;
  #plain = 0;
  #streams = 0;
  #stretch = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  async *compressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      // Before this chunk counts: a source may give all it has as one.
      if (this.#compressed > INPUT_FLOOR + INPUT_RATIO * this.#plain)
        throw refusal("ARCHIVE_CORRUPT", "the archive is compressed data with hardly anything in it");
      this.#compressed += chunk.length;
      await this.#takeTurn(chunk.length);
      yield chunk;
    }
  }

  /** Notes that a stream, member or frame begins. */
  add(): void {
    this.#streams += 1;
    if (this.#streams > FREE_STREAMS + this.#plain / BYTES_PER_STREAM)
      throw refusal("ARCHIVE_CORRUPT", "the archive is cut into too many compressed streams");
  }

  async *plain(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      this.#plain += chunk.length;
      this.#check();
      await this.#takeTurn(chunk.length);
      yield chunk;
    }
  }

  async #takeTurn(bytes: number): Promise<void> {
    this.#stretch += bytes;
    if (this.#stretch < STRETCH) return;
    this.#stretch = 0;
    await setImmediate();
  }

  #check(): void {
    const { ratio, ratioFloor, bytes, entries } = this.#limits;
    if (this.#plain > ratioFloor && this.#plain > ratio * this.#compressed)
      throw refusal(
        "ARCHIVE_TOO_LARGE",
        `the archive grows more than ${ratio} times when it is decompressed`,
        "When that is what it is to do, as a file of zeros does, start jamesd with a greater ratio in --limits.",
      );
    if (this.#plain > bytes + entries * BYTES_PER_ENTRY)
      throw refusal("ARCHIVE_TOO_LARGE", `the decompressed archive has more than ${bytes} bytes`);
  }
}

/**
 * The chunks of a source until the signal aborts. A stream is left open when the reading stops early, so that a server
 * can still answer on the connection it came by.
 */
export async function* untilAborted(
  source: AsyncIterable<Uint8Array> | Readable,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = ("iterator" in source ? source.iterator({ destroyOnReturn: false }) : source)[
    Symbol.asyncIterator
  ]();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await orAborted(chunks.next(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    // An aborted source may never answer.
    if (!signal?.aborted) await chunks.return?.();
  }
}

// Not Promise.race with one promise for all chunks: that would keep something of each of them.
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    const settled = (): void => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(settled);
  });
}
