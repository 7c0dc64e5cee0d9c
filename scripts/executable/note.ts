import { Elf, type Machine, PT_LOAD, PT_NOTE, writeNumber } from "./elf.ts";

const ALIGNMENT = 4;
const NOTE_HEADER = 12;

/**
 * The same program with one more note, and without what only debuggers and linkers read (symbols, sections): they follow
 * what is mapped, so the file is cut there.
 *
 * A new part of a program needs two entries in the table of program headers, for which there is no room. So the note lies
 * behind the last part that is mapped, which is made longer (its zeros, too, are in the file then), and the entry that
 * says where notes are says where this one is, with copies of the ones before in front.
 * @throws Error when the program is not built in the way that this needs
 */
export function addNote(program: Buffer, name: string, content: Buffer): Buffer {
  const before = new Elf(program);
  const { last, notes } = findParts(before);
  const old = program.subarray(notes.get("offset"), notes.get("offset") + notes.get("filesz"));
  const added = Buffer.concat([old, encodeNote(name, content, before.machine)]);
  const end = last.get("offset") + last.get("filesz");
  const zeros = roundUp(last.get("memsz")) - last.get("filesz");
  const elf = new Elf(Buffer.concat([program.subarray(0, end), Buffer.alloc(zeros), added]));
  for (const field of ["shoff", "shnum", "shstrndx"] as const) elf.set(field, 0);
  place(elf, added.length, zeros);
  return elf.bytes;
}

function place(elf: Elf, length: number, zeros: number): void {
  const { last, notes } = findParts(elf);
  const size = last.get("filesz") + zeros;
  const vaddr = last.get("vaddr") + size;
  const values = { offset: last.get("offset") + size, vaddr, paddr: vaddr, filesz: length, memsz: length };
  for (const [field, value] of Object.entries({ ...values, align: ALIGNMENT }))
    notes.set(field as keyof typeof values, value);
  for (const field of ["filesz", "memsz"] as const) last.set(field, size + length);
}

function findParts(elf: Elf) {
  const mapped = elf.programs.filter((part) => part.get("type") === PT_LOAD);
  const [notes, ...more] = elf.programs.filter((part) => part.get("type") === PT_NOTE);
  const last = mapped.at(-1);
  if (!last || !notes || more.length > 0)
    throw new Error("its parts are not those of a program with one part for notes");
  if (mapped.some((part) => part.get("offset") > last.get("offset") || part.get("vaddr") > last.get("vaddr")))
    throw new Error("its parts are in another order in the file than in memory");
  return { last, notes };
}

function encodeNote(name: string, content: Buffer, machine: Machine): Buffer {
  const label = Buffer.from(`${name}\0`);
  const note = Buffer.alloc(NOTE_HEADER + roundUp(label.length) + roundUp(content.length));
  writeNumber(note, label.length, [0, 4], machine);
  writeNumber(note, content.length, [4, 4], machine);
  label.copy(note, NOTE_HEADER);
  content.copy(note, NOTE_HEADER + roundUp(label.length));
  return note;
}

function roundUp(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}
