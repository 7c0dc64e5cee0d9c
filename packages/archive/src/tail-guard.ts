import { refusal } from "./refuse.ts";

const BLOCK = 512;
/** The two zero blocks that end a tar (POSIX pax, "ustar Interchange Format"). */
const END_OF_ARCHIVE = 2 * BLOCK;

/**
 * Tells a whole tar from one that was cut between two entries, and from one with something behind its end. The tar
 * library takes both.
 */
export class TailGuard {
  #total = 0;
  #lastContent = 0;
  #expectedEnd = 0;

  /** Passes the tar through and notes where it ends and where its zeros begin. */
  async *watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      let zeros = chunk.length;
      while (zeros > 0 && chunk[zeros - 1] === 0) zeros -= 1;
      if (zeros > 0) this.#lastContent = this.#total + zeros;
      this.#total += chunk.length;
      yield chunk;
    }
  }

  /** Notes the entry that is the last one so far. */
  expectEnd({ byteOffset, size }: { readonly byteOffset: number; readonly size: number }): void {
    this.#expectedEnd = byteOffset + Math.ceil(size / BLOCK) * BLOCK;
  }

  /** To be asked when all was read. @throws JamesError ARCHIVE_TRUNCATED, ARCHIVE_CORRUPT */
  check(): void {
    if (this.#total < this.#expectedEnd + END_OF_ARCHIVE)
      throw refusal(
        "ARCHIVE_TRUNCATED",
        "the tar has no end: the zero blocks after the last entry are missing",
      );
    if (this.#lastContent > this.#expectedEnd)
      throw refusal("ARCHIVE_CORRUPT", "there is something after the last entry of the tar");
  }
}
