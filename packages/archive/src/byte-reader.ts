/** A queue of bytes over a source of chunks: look as far ahead as needed, take what was looked at. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #ahead: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** What was read and not taken yet. */
  get ahead(): Buffer {
    return this.#ahead;
  }

  /** Reads until `size` bytes are ahead; false when the source ends before. */
  async fill(size: number): Promise<boolean> {
    if (this.#ahead.length >= size) return true;
    const parts = this.#ahead.length > 0 ? [this.#ahead] : [];
    let length = this.#ahead.length;
    while (length < size && !this.#ended) {
      const { done, value } = await this.#chunks.next();
      if (done) this.#ended = true;
      else length += parts.push(asBuffer(value)) && value.length;
    }
    // Whoever asks for more than there is, again and again, must not pay for all that is ahead each time.
    this.#ahead = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, length);
    return length >= size;
  }

  /** Removes up to `size` of the bytes ahead. */
  take(size: number): Buffer {
    const taken = this.#ahead.subarray(0, size);
    this.#ahead = this.#ahead.subarray(size);
    return taken;
  }

  /** Everything that is left, chunk by chunk. Ends the source when the consumer stops early. */
  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    try {
      while (await this.fill(1)) yield this.take(this.#ahead.length);
    } finally {
      await this.close();
    }
  }

  /** Ends the source. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
