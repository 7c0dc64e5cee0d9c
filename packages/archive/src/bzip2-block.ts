/**
 * One block of bzip2: Huffman codes, move-to-front, runs, Burrows-Wheeler, runs again. The format has no standard; the
 * names here are those of its usual description ("BZIP2: Format Specification", Joe Tsai).
 */
import type { BitReader } from "./bit-reader.ts";
import { type HuffmanCode, huffmanCode, readSymbol } from "./huffman.ts";
import { refusal } from "./refuse.ts";

/** What is needed to read a block back from its table. */
export interface Block {
  readonly length: number;
  readonly origin: number;
}

const GROUP = 50;
const RUN_B = 1;
const CHUNK = 2 ** 16;

/** Decodes a block into `table`: symbols in the low 8 bits, and above them the position of each symbol's successor. */
export function decodeBlock(bits: BitReader, table: Uint32Array): Block {
  if (bits.read(1) === 1) throw damaged("randomised blocks are obsolete");
  const origin = bits.read(24);
  const used = readUsedBytes(bits);
  const codeCount = bits.read(3);
  if (codeCount < 2 || codeCount > 6) throw damaged("wrong number of codes");
  const selectors = readSelectors(bits, codeCount);
  const codes = Array.from({ length: codeCount }, () => readCode(bits, used.length + 2));
  const length = readSymbols(table, used, symbolReader(bits, selectors, codes));
  if (origin >= length) throw damaged("origin beyond the block");
  linkSuccessors(table, length);
  return { length, origin };
}

function readUsedBytes(bits: BitReader): Uint8Array {
  const ranges = bits.read(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range += 1) {
    if (((ranges >>> (15 - range)) & 1) === 0) continue;
    const members = bits.read(16);
    for (let i = 0; i < 16; i += 1) if ((members >>> (15 - i)) & 1) used.push(range * 16 + i);
  }
  if (used.length === 0) throw damaged("no byte is used");
  return Uint8Array.from(used);
}

function readSelectors(bits: BitReader, codeCount: number): Uint8Array {
  const selectors = new Uint8Array(bits.read(15));
  const order = Uint8Array.from({ length: codeCount }, (_, i) => i);
  for (let i = 0; i < selectors.length; i += 1) {
    let rank = 0;
    while (bits.read(1) === 1) rank += 1;
    if (rank >= codeCount) throw damaged("wrong selector");
    selectors[i] = moveToFront(order, rank);
  }
  return selectors;
}

function readCode(bits: BitReader, symbols: number): HuffmanCode {
  const lengths = new Uint8Array(symbols);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbols; symbol += 1) {
    while (bits.read(1) === 1) {
      length += bits.read(1) === 1 ? -1 : 1;
      if (length < 1 || length > 20) throw damaged("wrong code length");
    }
    lengths[symbol] = length;
  }
  if (length < 1 || length > 20) throw damaged("wrong code length");
  return huffmanCode(lengths);
}

/** Reads symbols with the code that the selectors name for each group of fifty. */
function symbolReader(bits: BitReader, selectors: Uint8Array, codes: readonly HuffmanCode[]): () => number {
  let group = 0;
  let left = 0;
  let code: HuffmanCode | undefined;
  return () => {
    if (left === 0) {
      code = codes[selectors[group] ?? -1];
      group += 1;
      left = GROUP;
    }
    left -= 1;
    const symbol = code === undefined ? -1 : readSymbol(bits, code);
    if (symbol < 0) throw damaged("a code that stands for nothing");
    return symbol;
  };
}

/** Undoes the runs and the move-to-front up to the end-of-block symbol; gives the length of the block. */
function readSymbols(table: Uint32Array, used: Uint8Array, next: () => number): number {
  const order = Uint8Array.from(used);
  const end = used.length + 1;
  let length = 0;
  let run = 0;
  let weight = 1;
  for (let symbol = next(); symbol !== end; symbol = next()) {
    if (symbol <= RUN_B) {
      run += weight << symbol;
      weight <<= 1;
      // Here and not at the end of the run, or a long one would overflow the weight.
      if (length + run > table.length) throw damaged("block too long");
      continue;
    }
    length = fillRun(table, order, length, run);
    run = 0;
    weight = 1;
    if (length >= table.length) throw damaged("block too long");
    table[length] = moveToFront(order, symbol - 1);
    length += 1;
  }
  return fillRun(table, order, length, run);
}

function fillRun(table: Uint32Array, order: Uint8Array, start: number, run: number): number {
  if (run > 0) table.fill(order[0] ?? 0, start, start + run);
  return start + run;
}

function moveToFront(order: Uint8Array, rank: number): number {
  const moved = order[rank] ?? 0;
  order.copyWithin(1, 0, rank);
  order[0] = moved;
  return moved;
}

/** The inverse of the Burrows-Wheeler transform: notes above each symbol where its successor stands. */
function linkSuccessors(table: Uint32Array, length: number): void {
  const starts = new Uint32Array(257);
  for (let i = 0; i < length; i += 1) {
    const after = ((table[i] ?? 0) & 0xff) + 1;
    starts[after] = (starts[after] ?? 0) + 1;
  }
  for (let byte = 1; byte < 257; byte += 1) starts[byte] = (starts[byte] ?? 0) + (starts[byte - 1] ?? 0);
  for (let i = 0; i < length; i += 1) {
    const byte = (table[i] ?? 0) & 0xff;
    const at = starts[byte] ?? 0;
    table[at] = (table[at] ?? 0) | (i << 8);
    starts[byte] = at + 1;
  }
}

/** Reads a block back in chunks, undoing the first run-length coding; gives the checksum of what came out. */
export function* expandBlock(
  table: Uint32Array,
  { length, origin }: Block,
): Generator<Uint8Array, number, undefined> {
  let chunk = new Uint8Array(CHUNK);
  let filled = 0;
  let crc = 0xffffffff;
  let link = (table[origin] ?? 0) >>> 8;
  let same = 0;
  let previous = -1;
  for (let i = 0; i < length; i += 1) {
    const cell = table[link] ?? 0;
    link = cell >>> 8;
    const byte = cell & 0xff;
    // After four equal bytes comes the number of further ones.
    const isCount = same === 4;
    const copies = isCount ? byte : 1;
    const value = isCount ? previous : byte;
    same = isCount ? 0 : byte === previous ? same + 1 : 1;
    previous = value;
    if (filled + copies > CHUNK) {
      yield chunk.subarray(0, filled);
      chunk = new Uint8Array(CHUNK);
      filled = 0;
    }
    for (let copy = 0; copy < copies; copy += 1) {
      chunk[filled] = value;
      filled += 1;
      crc = (crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ value) & 0xff] ?? 0);
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
  return ~crc >>> 0;
}

/** CRC-32 with the most significant bit first, which node:zlib does not have. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc >>> 0;
});

function damaged(reason: string): Error {
  return refusal("ARCHIVE_CORRUPT", `the bzip2 data is damaged (${reason})`);
}
