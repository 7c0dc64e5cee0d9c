import { Dynamic } from "./dynamic.ts";
import { Elf } from "./elf.ts";
import { bucketOf, hashTable, makeGnuHash } from "./gnu-hash.ts";
import { relocations } from "./relocations.ts";
import { type ElfSymbol, readSymbols, replace, writeSymbols } from "./symbols.ts";
import { Texts } from "./texts.ts";

/**
 * Names that libraries may share with a program: those that the C library keeps for itself, and those of the library of
 * C++, of which programs and libraries have parts, and one part is everybody's.
 */
const SHARED =
  /^(?:_(?!Z)|_Z(?:nw|na|dl|da)|_Z(?:T[A-Z]|G[VR])?(?:N[VKRO]*)?(?:S[tabsiod]|9__gnu_cxx|10__cxxabiv1))/;

/**
 * The same program, in which libraries find only what they may need of it: not what Node has for add-ons, 38,000 names in 3
 * to 7 MB. When it starts, each name that it or a library looks for is looked up there first, and nearly all of that comes
 * into memory. Nothing moves: the tables become shorter where they are. A program with other tables stays as it is.
 */
export function withoutExports(program: Buffer): Buffer {
  const elf = new Elf(Buffer.from(program));
  const dynamic = new Dynamic(elf);
  const hash = hashTable(elf, dynamic);
  const [symbols, versions] = [dynamic.table("symbols"), dynamic.table("symbolVersions")];
  const texts = Texts.of(elf, dynamic);
  if (!hash || !texts || symbols === undefined || versions === undefined || dynamic.hasOthers) return program;
  // So it is where numbers of the table are wider than here (s390x, elf.h).
  if ([...relocations(elf, dynamic)].some(({ index }) => index >= hash.symbols)) return program;
  const tables = { symbols, versions, count: hash.symbols };
  const kept = inOrder(needed(readSymbols(elf, tables, texts.at), elf, dynamic));
  texts.rewrite(kept.map(({ name }) => name));
  writeSymbols(elf, tables, kept, texts.placeOf);
  const first = kept.findIndex(isFound);
  const names = kept.slice(first).map(({ name }) => name);
  replace(elf.bytes, hash.at, hash.bytes, makeGnuHash(first, names, elf.machine));
  dynamic.rename("hash", "gnuHash");
  const places = new Map(kept.map(({ index }, place) => [index, place]));
  for (const relocation of relocations(elf, dynamic)) relocation.index = places.get(relocation.index) ?? 0;
  return elf.bytes;
}

/** What it looks for itself, what it is put together by, other names of that, and what it may share. */
function needed(all: readonly ElfSymbol[], elf: Elf, dynamic: Dynamic): readonly ElfSymbol[] {
  const used = new Set([...relocations(elf, dynamic)].map(({ index }) => index));
  const addresses = new Set(
    all.filter((symbol) => used.has(symbol.index) && isFound(symbol)).map(({ address }) => address),
  );
  return all.filter(
    (symbol) =>
      !isFound(symbol) || used.has(symbol.index) || addresses.has(symbol.address) || SHARED.test(symbol.name),
  );
}

/** As the table is sorted by which they are found: first those that cannot be found in it. */
function inOrder(symbols: readonly ElfSymbol[]): readonly ElfSymbol[] {
  const found = symbols.filter(isFound);
  const bucket = new Map(found.map((symbol) => [symbol, bucketOf(symbol.name, found.length)]));
  const byBucket = found.toSorted((a, b) => (bucket.get(a) ?? 0) - (bucket.get(b) ?? 0));
  return [...symbols.filter((symbol) => !isFound(symbol)), ...byBucket];
}

// A function of a library has an address as well where the program has it by a pointer: that is everybody's then.
function isFound({ isDefined, address }: ElfSymbol): boolean {
  return isDefined || address !== 0;
}
