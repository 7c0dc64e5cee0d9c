import type { Dynamic } from "./dynamic.ts";
import { type Elf, type Field, readNumber, writeNumber } from "./elf.ts";

/** What `pltKind` says of relocations that have an addend in the table. */
const WITH_ADDEND = 7;

/** Where each relocation of a program says which symbol it is by. */
export function* relocations(elf: Elf, dynamic: Dynamic): Generator<SymbolOf> {
  const isRela = dynamic.get("pltKind") === WITH_ADDEND;
  for (const [table, size, hasAddend] of [
    ["rela", "relaSize", true],
    ["rel", "relSize", false],
    ["plt", "pltSize", isRela],
  ] as const) {
    const [at, bytes = 0] = [dynamic.table(table), dynamic.get(size)];
    const width = (elf.machine.bits / 8) * (hasAddend ? 3 : 2);
    if (at !== undefined)
      for (let entry = at; entry < at + bytes; entry += width) yield new SymbolOf(elf, entry);
  }
}

/** Which symbol a relocation is by. */
class SymbolOf {
  readonly #elf: Elf;
  readonly #field: Field;

  constructor(elf: Elf, entry: number) {
    const { bits, isBigEndian } = elf.machine;
    this.#elf = elf;
    // Beside it, in the least of the bits, is what is to be done.
    if (bits === 64) this.#field = [entry + 8 + (isBigEndian ? 0 : 4), 4];
    else this.#field = [entry + 4 + (isBigEndian ? 0 : 1), 3];
  }

  get index(): number {
    return readNumber(this.#elf.bytes, this.#field, this.#elf.machine);
  }

  set index(index: number) {
    writeNumber(this.#elf.bytes, index, this.#field, this.#elf.machine);
  }
}
