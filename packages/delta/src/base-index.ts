/** Windows of bytes that are looked up in larger bases, and in smaller ones. */
const WINDOW = 12;
const SMALL_WINDOW = 8;
/** Larger bases are looked up at every so many bytes: a match of WINDOW + STEP - 1 bytes is found for sure. */
const STEP = 4;
/** Bases up to this size are looked up at every byte. */
const SMALL_BASE = 16 * 1024 * 1024;
const MAX_HASH_BITS = 24;

/** Where the base has which windows: for each hash a chain of places, in ascending order. */
export class BaseIndex {
  /** Length of a window in bytes. */
  readonly window: number;
  readonly #step: number;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #shift: number;

  constructor(base: Uint8Array) {
    const isSmall = base.length <= SMALL_BASE;
    this.window = isSmall ? SMALL_WINDOW : WINDOW;
    this.#step = isSmall ? 1 : STEP;
    const places = Math.max(0, Math.floor((base.length - this.window) / this.#step) + 1);
    const bits = Math.min(MAX_HASH_BITS, Math.max(8, Math.ceil(Math.log2(places + 1))));
    this.#shift = 32 - bits;
    this.#heads = new Int32Array(1 << bits).fill(-1);
    this.#next = new Int32Array(places);
    for (let place = places - 1; place >= 0; place -= 1) {
      const hash = this.#hash(base, place * this.#step);
      this.#next[place] = this.#heads[hash] as number;
      this.#heads[hash] = place;
    }
  }

  /** Memory in bytes that the index of a base takes. */
  static memory(baseSize: number): number {
    return 4 * (2 ** MAX_HASH_BITS + (baseSize <= SMALL_BASE ? baseSize : baseSize / STEP));
  }

  /** Positions in the base, at most `limit`, where the window at a position of these bytes may stand too. */
  candidates(bytes: Uint8Array, position: number, limit: number, into: Int32Array): number {
    let count = 0;
    let place = this.#heads[this.#hash(bytes, position)] as number;
    for (; place >= 0 && count < limit; count += 1) {
      into[count] = place * this.#step;
      place = this.#next[place] as number;
    }
    return count;
  }

  #hash(bytes: Uint8Array, at: number): number {
    let hash = Math.imul(word(bytes, at), 0x9e3779b1) ^ Math.imul(word(bytes, at + 4), 0x85ebca77);
    if (this.window === WINDOW) hash ^= Math.imul(word(bytes, at + 8), 0xc2b2ae3d);
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x27d4eb2f) >>> this.#shift;
  }
}

function word(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [
    number,
    number,
    number,
    number,
  ];
  return a | (b << 8) | (c << 16) | (d << 24);
}
