import type { BitReader } from "./bit-reader.ts";

/** A canonical Huffman code: codes of one length are consecutive numbers. */
export interface HuffmanCode {
  readonly shortest: number;
  readonly longest: number;
  /** For each length the largest code, and what to subtract from a code to find its place in `symbols`. */
  readonly last: Int32Array;
  readonly offset: Int32Array;
  readonly symbols: Uint16Array;
}

/** Makes the code in which symbol `i` has `lengths[i]` bits. */
export function huffmanCode(lengths: Uint8Array): HuffmanCode {
  const longest = Math.max(...lengths);
  const shortest = Math.min(...lengths);
  const last = new Int32Array(longest + 1);
  const offset = new Int32Array(longest + 1);
  const symbols: number[] = [];
  let code = 0;
  for (let length = shortest; length <= longest; length += 1) {
    offset[length] = code - symbols.length;
    lengths.forEach((its, symbol) => {
      if (its === length) symbols.push(symbol);
    });
    code = symbols.length + (offset[length] ?? 0);
    last[length] = code - 1;
    code *= 2;
  }
  return { shortest, longest, last, offset, symbols: Uint16Array.from(symbols) };
}

/** Reads one symbol; -1 when no code fits the bits. */
export function readSymbol(bits: BitReader, code: HuffmanCode): number {
  let length = code.shortest;
  let value = bits.read(length);
  while (value > (code.last[length] ?? -1)) {
    if (length === code.longest) return -1;
    value = (value << 1) | bits.read(1);
    length += 1;
  }
  return code.symbols[value - (code.offset[length] ?? 0)] ?? -1;
}
