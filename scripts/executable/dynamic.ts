import { type Elf, type Field, PT_DYNAMIC, readNumber, writeNumber } from "./elf.ts";

/** What the tables are that a program has for the dynamic linker (elf(5)). */
export const TAGS = {
  needed: 1,
  texts: 5,
  symbols: 6,
  rela: 7,
  relaSize: 8,
  hash: 4,
  textsSize: 10,
  soname: 14,
  rpath: 15,
  rel: 17,
  relSize: 18,
  pltKind: 20,
  plt: 23,
  pltSize: 2,
  runpath: 29,
  gnuHash: 0x6ffffef5,
  symbolVersions: 0x6ffffff0,
  ownVersions: 0x6ffffffc,
  neededVersions: 0x6ffffffe,
} as const;
/** Tags whose numbers are places in the table of texts. */
export const WITH_TEXTS = ["needed", "soname", "rpath", "runpath"] as const;

/**
 * Tables by which symbols or texts are named as well, and which are not rewritten here: versions of what a program itself
 * defines, who looks at it or is looked at in its place, symbols in the order of a table of addresses (MIPS).
 */
const OTHERS = new Set([
  ...[TAGS.ownVersions, 34, 0x6ffffefa, 0x6ffffefb, 0x6ffffefc, 0x6ffffeff],
  ...[0x70000013, 0x7ffffffd, 0x7fffffff],
]);

/** What a program says to the dynamic linker: numbers by tags, some of them more than once. */
export class Dynamic {
  readonly #elf: Elf;
  /** Where each tag's number is. */
  readonly #values: readonly (readonly [tag: number, Field])[];

  constructor(elf: Elf) {
    this.#elf = elf;
    const width = elf.machine.bits / 8;
    const part = elf.programs.find((one) => one.get("type") === PT_DYNAMIC);
    const [first, size] = [part?.get("offset") ?? 0, part?.get("filesz") ?? 0];
    this.#values = Array.from({ length: size / (2 * width) }, (_, n) => {
      const at = first + n * 2 * width;
      return [readNumber(elf.bytes, [at, width], elf.machine), [at + width, width]] as const;
    });
  }

  /** There are tables that name symbols or texts, and are not among those that are rewritten. */
  get hasOthers(): boolean {
    return this.#values.some(([tag]) => OTHERS.has(tag));
  }

  /** The number of a tag that is there once; undefined when it is not. */
  get(tag: keyof typeof TAGS): number | undefined {
    const [field] = this.fields(tag);
    return field && readNumber(this.#elf.bytes, field, this.#elf.machine);
  }

  /** Where in the file the table is whose address a tag has. */
  table(tag: keyof typeof TAGS): number | undefined {
    const address = this.get(tag);
    return address === undefined ? undefined : this.#elf.offsetOf(address);
  }

  /** Where the numbers of a tag are. */
  fields(tag: keyof typeof TAGS): readonly Field[] {
    return this.#values.filter(([found]) => found === TAGS[tag]).map(([, field]) => field);
  }

  set(tag: keyof typeof TAGS, value: number): void {
    for (const field of this.fields(tag)) writeNumber(this.#elf.bytes, value, field, this.#elf.machine);
  }

  /** Makes one tag another; its number stays. */
  rename(tag: keyof typeof TAGS, to: keyof typeof TAGS): void {
    const { machine, bytes } = this.#elf;
    for (const [at, width] of this.fields(tag)) writeNumber(bytes, TAGS[to], [at - width, width], machine);
  }
}
