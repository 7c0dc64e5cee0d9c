/**
 * Gives back the memory of buffers that one reader after the other has read, where Node can (from 22 on). V8 counts it as
 * growth of its heap: of a decompressor that has a new buffer for every piece, it collected the whole heap every fifteen
 * megabytes, and what waited for that was the most that an agent had in memory.
 */
export class SpentMemory {
  readonly #held: number;
  /** Whole buffers, with how much had been read when they were. */
  readonly #whole: { readonly memory: ArrayBufferLike; readonly at: number }[] = [];
  #read = 0;

  /** @param held bytes that whoever reads holds at most, of what is behind it */
  constructor(held: number) {
    this.#held = held;
  }

  /** A piece was read: more is asked for. A buffer is whole when the piece at its end was. */
  add(piece: Uint8Array): void {
    this.#read += piece.length;
    if (piece.byteOffset + piece.length === piece.buffer.byteLength)
      this.#whole.push({ memory: piece.buffer, at: this.#read });
    while (this.#whole[0] && this.#read - this.#whole[0].at >= this.#held)
      giveBack(this.#whole.shift()?.memory);
  }
}

// Small pieces that a stream joined may lie in memory that Node shares out, where others have theirs.
function giveBack(memory: ArrayBufferLike | undefined): void {
  if (!(memory instanceof ArrayBuffer) || memory.byteLength <= Buffer.poolSize) return;
  if ("transfer" in memory) memory.transfer(0);
}
