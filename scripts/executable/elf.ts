const MAGIC = Buffer.from("\x7fELF", "latin1");
const SMALLEST = 64;

/** Offset and size in bytes. */
export type Field = readonly [number, number];
export type Layout = Readonly<Record<string, Field>>;

/** Where the fields are that are used here: of the file's header, and of an entry of the table of program headers. */
const LAYOUTS = {
  32: {
    file: {
      phoff: [28, 4],
      shoff: [32, 4],
      phentsize: [42, 2],
      phnum: [44, 2],
      shnum: [48, 2],
      shstrndx: [50, 2],
    },
    program: {
      type: [0, 4],
      offset: [4, 4],
      vaddr: [8, 4],
      paddr: [12, 4],
      filesz: [16, 4],
      memsz: [20, 4],
      align: [28, 4],
    },
  },
  64: {
    file: {
      phoff: [32, 8],
      shoff: [40, 8],
      phentsize: [54, 2],
      phnum: [56, 2],
      shnum: [60, 2],
      shstrndx: [62, 2],
    },
    program: {
      type: [0, 4],
      offset: [8, 8],
      vaddr: [16, 8],
      paddr: [24, 8],
      filesz: [32, 8],
      memsz: [40, 8],
      align: [48, 8],
    },
  },
} as const satisfies Record<number, Readonly<Record<"file" | "program", Layout>>>;

type FileField = keyof (typeof LAYOUTS)[32]["file"];
type ProgramField = keyof (typeof LAYOUTS)[32]["program"];

/** Types of program headers: a part of the file that is mapped; what is said to the dynamic linker; one with notes. */
export const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
export const PT_NOTE = 4;

/** The width and the order of the numbers in a program. */
export interface Machine {
  readonly bits: 32 | 64;
  readonly isBigEndian: boolean;
}

/** @throws Error when it is no ELF file */
export function machineOf(elf: Buffer): Machine {
  const [bits, order] = [elf[4], elf[5]];
  const isElf = elf.length > SMALLEST && elf.subarray(0, MAGIC.length).equals(MAGIC);
  if (!isElf || (bits !== 1 && bits !== 2) || (order !== 1 && order !== 2))
    throw new Error("it is no ELF program");
  return { bits: bits === 1 ? 32 : 64, isBigEndian: order === 2 };
}

/** Writes a number as the machine has it. */
export function writeNumber(bytes: Buffer, value: number, [at, size]: Field, { isBigEndian }: Machine): void {
  const inOrder = Buffer.alloc(size);
  for (let i = 0, rest = value; i < size; i += 1, rest = Math.floor(rest / 256))
    inOrder[isBigEndian ? size - 1 - i : i] = rest % 256;
  inOrder.copy(bytes, at);
}

/** Reads a number as the machine has it. */
export function readNumber(bytes: Buffer, [at, size]: Field, { isBigEndian }: Machine): number {
  let number = 0;
  for (let i = 0; i < size; i += 1)
    number = number * 256 + (bytes[isBigEndian ? at + i : at + size - 1 - i] ?? 0);
  return number;
}

/** A program's file, and the fields of its headers. */
export class Elf {
  readonly bytes: Buffer;
  readonly machine: Machine;

  /** @throws Error when it is no ELF file */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.machine = machineOf(bytes);
  }

  get(field: FileField): number {
    return readNumber(this.bytes, LAYOUTS[this.machine.bits].file[field], this.machine);
  }

  set(field: FileField, value: number): void {
    writeNumber(this.bytes, value, LAYOUTS[this.machine.bits].file[field], this.machine);
  }

  /** The program headers. */
  get programs(): readonly ProgramHeader[] {
    const [first, size] = [this.get("phoff"), this.get("phentsize")];
    return Array.from({ length: this.get("phnum") }, (_, n) => new ProgramHeader(this, first + n * size));
  }

  /** Where in the file is what is at an address in memory. @throws Error when nothing of the file is there */
  offsetOf(address: number): number {
    for (const part of this.programs) {
      const within = address - part.get("vaddr");
      if (part.get("type") === PT_LOAD && within >= 0 && within < part.get("filesz"))
        return part.get("offset") + within;
    }
    throw new Error(`nothing of the file is at ${address.toString(16)}`);
  }
}

/** One entry of the table of program headers: a part of the file, and where it is in memory. */
class ProgramHeader {
  readonly #elf: Elf;
  readonly #at: number;

  constructor(elf: Elf, at: number) {
    this.#elf = elf;
    this.#at = at;
  }

  get(field: ProgramField): number {
    return readNumber(this.#elf.bytes, this.#place(field), this.#elf.machine);
  }

  set(field: ProgramField, value: number): void {
    writeNumber(this.#elf.bytes, value, this.#place(field), this.#elf.machine);
  }

  #place(field: ProgramField): Field {
    const [offset, size] = LAYOUTS[this.#elf.machine.bits].program[field];
    return [this.#at + offset, size];
  }
}
