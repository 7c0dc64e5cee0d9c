import { type Elf, type Field, type Layout, readNumber, writeNumber } from "./elf.ts";

const LAYOUTS = {
  32: { size: 16, fields: { name: [0, 4], value: [4, 4], section: [14, 2] } },
  64: { size: 24, fields: { name: [0, 4], section: [6, 2], value: [8, 8] } },
} as const satisfies Record<number, { readonly size: number; readonly fields: Layout }>;
const VERSION_BYTES = 2;

/** A name that a program looks for in libraries, or that they may find in it. */
export interface ElfSymbol {
  /** Its place in the table. */
  readonly index: number;
  readonly name: string;
  /** Where it is in memory. */
  readonly address: number;
  /** It is in the program itself. */
  readonly isDefined: boolean;
}

/** Where in a program's file its symbols are, and beside them which version of each is meant. */
export interface SymbolTables {
  readonly symbols: number;
  readonly versions: number;
  readonly count: number;
}

/** @param textAt gives the text at a place of the table of texts */
export function readSymbols(
  { bytes, machine }: Elf,
  { symbols, count }: SymbolTables,
  textAt: (place: number) => string,
): readonly ElfSymbol[] {
  const { size, fields } = LAYOUTS[machine.bits];
  return Array.from({ length: count }, (_, index) => {
    const get = ([at, width]: Field): number =>
      readNumber(bytes, [symbols + index * size + at, width], machine);
    const [place, address, section] = [get(fields.name), get(fields.value), get(fields.section)];
    return { index, name: textAt(place), address, isDefined: section !== 0 };
  });
}

/** Leaves these symbols in the tables, in this order. @param placeOf where in the table of texts a name is */
export function writeSymbols(
  { bytes, machine }: Elf,
  tables: SymbolTables,
  kept: readonly ElfSymbol[],
  placeOf: (name: string) => number,
): void {
  const { size, fields } = LAYOUTS[machine.bits];
  const ofKept = (table: number, width: number): Buffer =>
    Buffer.concat(
      kept.map(({ index }) => bytes.subarray(table + index * width, table + (index + 1) * width)),
    );
  const [symbols, versions] = [ofKept(tables.symbols, size), ofKept(tables.versions, VERSION_BYTES)];
  const [at, width] = fields.name;
  for (const [n, { name }] of kept.entries())
    writeNumber(symbols, placeOf(name), [n * size + at, width], machine);
  replace(bytes, tables.symbols, tables.count * size, symbols);
  replace(bytes, tables.versions, tables.count * VERSION_BYTES, versions);
}

/** Puts other bytes in the place of a table, and zeros behind them. @throws Error when they are more */
export function replace(bytes: Buffer, at: number, length: number, by: Buffer): void {
  if (by.length > length) throw new Error("a table would become longer");
  bytes.fill(0, at, at + length);
  by.copy(bytes, at);
}
