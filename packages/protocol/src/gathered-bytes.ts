/** Bytes that come in pieces, one behind the other: of a million pieces not each is kept, which would take more than what is in them. */
export class GatheredBytes {
  /** The bytes, and room behind them. */
  #room: Buffer;
  #size = 0;

  /** @param expected so many are to come, as far as is known: they are not moved on the way */
  constructor(expected = 0) {
    this.#room = Buffer.allocUnsafe(expected);
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Takes a copy of a piece. */
  add(piece: Uint8Array): void {
    const size = this.#size + piece.length;
    if (size > this.#room.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, 2 * this.#room.length));
      this.#room.copy(larger, 0, 0, this.#size);
      this.#room = larger;
    }
    this.#room.set(piece, this.#size);
    this.#size = size;
  }

  /** All of them; no copy. */
  whole(): Buffer {
    return this.#room.subarray(0, this.#size);
  }
}
