import type { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { ArchiveLimits } from "./limits.ts";
import { refusal } from "./refuse.ts";

/** Room for headers and padding in the plain tar, for each entry that the limits allow. */
const BYTES_PER_ENTRY = 16 * 1024;
/** Bytes that may come out of a decompressor before everything else in the process gets its turn. */
const TURN = 2 ** 20;

/** Counts what goes into and comes out of a decompressor, and stops a decompression bomb. */
export class Meter {
  readonly #limits: ArchiveLimits;
  #compressed = 0;
  #plain = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  async *compressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      this.#compressed += chunk.length;
      yield chunk;
    }
  }

  async *plain(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    let turn = 0;
    for await (const chunk of source) {
      this.#plain += chunk.length;
      this.#check();
      turn += chunk.length;
      if (turn >= TURN) {
        await setImmediate();
        turn = 0;
      }
      yield chunk;
    }
  }

  #check(): void {
    const { ratio, ratioFloor, bytes, entries } = this.#limits;
    if (this.#plain > ratioFloor && this.#plain > ratio * this.#compressed)
      throw refusal(
        "ARCHIVE_TOO_LARGE",
        `the archive grows more than ${ratio} times when it is decompressed`,
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
