import type { Dynamic } from "./dynamic.ts";
import { type Elf, type Machine, readNumber, writeNumber } from "./elf.ts";

const WORD = 4;
const HEADER = 4 * WORD;
const SHIFT = 6;
/** How many names a bucket has, and how many bits of the filter a name, about. */
const NAMES_A_BUCKET = 4;
const BITS_A_NAME = 8;

/** A name's number by which it is found. */
function gnuHash(name: string): number {
  let hash = 5381;
  for (const byte of Buffer.from(name, "latin1")) hash = (Math.imul(hash, 33) + byte) >>> 0;
  return hash;
}

/** The bucket of a name, where there are so many names. */
export function bucketOf(name: string, names: number): number {
  return gnuHash(name) % buckets(names);
}

/**
 * The table by which a linker finds what a program defines: a filter of bits, then for each bucket where its names begin,
 * then of each name its hash, the last bit of which says whether the bucket ends there.
 * @param first which symbol is the first that can be found @param names of the symbols from there on, by `bucketOf`
 */
export function makeGnuHash(first: number, names: readonly string[], machine: Machine): Buffer {
  const width = machine.bits / 8;
  const words = 2 ** Math.ceil(Math.log2(Math.max(1, (names.length * BITS_A_NAME) / machine.bits)));
  const count = buckets(names.length);
  const table = Buffer.alloc(HEADER + words * width + (count + names.length) * WORD);
  const set = (at: number, value: number): void => writeNumber(table, value, [at, WORD], machine);
  for (const [n, value] of [count, first, words, SHIFT].entries()) set(n * WORD, value);
  const firstBucket = HEADER + words * width;
  for (const [n, name] of names.entries()) {
    const hash = gnuHash(name);
    const bucket = hash % count;
    if (n === 0 || bucketOf(names[n - 1] ?? "", names.length) !== bucket)
      set(firstBucket + bucket * WORD, first + n);
    const next = names[n + 1];
    const isLast = next === undefined || bucketOf(next, names.length) !== bucket;
    set(firstBucket + (count + n) * WORD, hash - (hash % 2) + (isLast ? 1 : 0));
    const word = HEADER + (Math.floor(hash / machine.bits) % words) * width;
    for (const bit of [hash, hash >>> SHIFT]) setBit(table, word, bit % machine.bits, machine);
  }
  return table;
}

function setBit(table: Buffer, word: number, bit: number, { bits, isBigEndian }: Machine): void {
  const byte = Math.floor(bit / 8);
  const at = word + (isBigEndian ? bits / 8 - 1 - byte : byte);
  table[at] = (table[at] ?? 0) | (1 << (bit % 8));
}

function buckets(names: number): number {
  return Math.max(1, Math.ceil(names / NAMES_A_BUCKET));
}

/** The table by which the symbols of a program are found: where it is, how long, and how many symbols there are, which only it says. */
interface HashTable {
  readonly at: number;
  readonly bytes: number;
  readonly symbols: number;
}

/** Undefined when a program has none, or not one alone. */
export function hashTable(elf: Elf, dynamic: Dynamic): HashTable | undefined {
  const [gnu, old] = [dynamic.table("gnuHash"), dynamic.table("hash")];
  if (gnu !== undefined && old === undefined) return gnuTable(elf, gnu);
  return gnu === undefined && old !== undefined ? oldTable(elf, old) : undefined;
}

// How many buckets and symbols there are, and a number for each.
function oldTable(elf: Elf, at: number): HashTable {
  const [buckets, symbols] = [wordAt(elf, at, 0), wordAt(elf, at, 1)];
  return { at, symbols, bytes: (2 + buckets + symbols) * WORD };
}

function gnuTable(elf: Elf, at: number): HashTable {
  const [count, first, filter] = [wordAt(elf, at, 0), wordAt(elf, at, 1), wordAt(elf, at, 2)];
  const firstBucket = (HEADER + (filter * elf.machine.bits) / 8) / WORD;
  let end = first;
  for (let n = 0; n < count; n += 1) end = Math.max(end, wordAt(elf, at, firstBucket + n));
  const chains = firstBucket + count - first;
  while (wordAt(elf, at, chains + end) % 2 === 0) end += 1;
  const symbols = end + 1;
  return { at, symbols, bytes: (chains + symbols) * WORD };
}

function wordAt({ bytes, machine }: Elf, at: number, n: number): number {
  return readNumber(bytes, [at + n * WORD, WORD], machine);
}
