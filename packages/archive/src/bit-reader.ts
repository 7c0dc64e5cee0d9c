/** Thrown when a value goes beyond the bytes at hand; more of them may be on the way. */
export class OutOfBits extends Error {}

/** Reads numbers of any width, most significant bit first. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #next = 0;
  #hold = 0;
  #held = 0;

  /** @param skip bits of the first byte that were read before */
  constructor(bytes: Uint8Array, skip: number) {
    this.#bytes = bytes;
    if (skip > 0) this.read(skip);
  }

  /** Bits read so far, those skipped included. */
  get position(): number {
    return this.#next * 8 - this.#held;
  }

  /** The next `width` bits, at most 24, as a number. @throws OutOfBits */
  read(width: number): number {
    while (this.#held < width) {
      const byte = this.#bytes[this.#next];
      if (byte === undefined) throw new OutOfBits();
      this.#next += 1;
      this.#hold = (this.#hold << 8) | byte;
      this.#held += 8;
    }
    this.#held -= width;
    return (this.#hold >>> this.#held) & ((1 << width) - 1);
  }

  /** The next 32 bits. @throws OutOfBits */
  read32(): number {
    return ((this.read(16) << 16) | this.read(16)) >>> 0;
  }
}
