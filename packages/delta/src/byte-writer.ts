/** Bytes that grow, with numbers in them. */
export class ByteWriter {
  #bytes = Buffer.alloc(4096);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A number from 0 on, seven bits a byte, the lowest first, the highest bit saying that more follow (LEB128). */
  number(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 128);
    this.byte(rest);
  }

  /** A number of either sign: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. */
  signed(value: number): void {
    this.number(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  #grow(more: number): void {
    const bytes = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + more));
    bytes.set(this.bytes);
    this.#bytes = bytes;
  }
}
