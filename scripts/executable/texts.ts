import { type Dynamic, WITH_TEXTS } from "./dynamic.ts";
import { type Elf, type Field, readNumber, writeNumber } from "./elf.ts";
import { replace } from "./symbols.ts";

/** A library of which versions of symbols are needed: where its name is said, its first version, the next library. */
const LIBRARY = { name: [4, 4], first: [8, 4], next: [12, 4] } as const;
const VERSION = { name: [8, 4], next: [12, 4] } as const;

/** The texts that a program's tables are about: names of symbols, of libraries and of their versions. */
export class Texts {
  readonly #elf: Elf;
  readonly #dynamic: Dynamic;
  readonly #table: number;
  readonly #places = new Map<string, number>();

  private constructor(elf: Elf, dynamic: Dynamic, table: number) {
    this.#elf = elf;
    this.#dynamic = dynamic;
    this.#table = table;
  }

  /** Undefined where there are none. */
  static of(elf: Elf, dynamic: Dynamic): Texts | undefined {
    const table = dynamic.table("texts");
    return table === undefined ? undefined : new Texts(elf, dynamic, table);
  }

  /** The text at a place of the table. */
  readonly at = (place: number): string => {
    const { bytes } = this.#elf;
    const at = this.#table + place;
    return bytes.toString("latin1", at, bytes.indexOf(0, at));
  };

  /** Where in the table a text is, once that is rewritten. */
  readonly placeOf = (text: string): number => this.#places.get(text) ?? 0;

  /** Leaves these texts in the table, and those that are not of symbols; who names them by their places is told the new ones, except symbols. */
  rewrite(ofSymbols: readonly string[]): void {
    const { bytes, machine } = this.#elf;
    const others = [...this.#namers()].map((field) => ({
      field,
      text: this.at(readNumber(bytes, field, machine)),
    }));
    let table = "\0";
    for (const text of [...others.map(({ text }) => text), ...ofSymbols]) {
      if (text === "" || this.#places.has(text)) continue;
      this.#places.set(text, table.length);
      table += `${text}\0`;
    }
    replace(bytes, this.#table, this.#dynamic.get("textsSize") ?? 0, Buffer.from(table, "latin1"));
    this.#dynamic.set("textsSize", table.length);
    for (const { field, text } of others) writeNumber(bytes, this.placeOf(text), field, machine);
  }

  /** What names a text by its place, except symbols. */
  *#namers(): Generator<Field> {
    for (const tag of WITH_TEXTS) yield* this.#dynamic.fields(tag);
    const read = (at: number, [offset, size]: Field): number =>
      readNumber(this.#elf.bytes, [at + offset, size], this.#elf.machine);
    for (let library = this.#dynamic.table("neededVersions"); library !== undefined; ) {
      yield [library + LIBRARY.name[0], LIBRARY.name[1]];
      for (let version = library + read(library, LIBRARY.first); ; ) {
        yield [version + VERSION.name[0], VERSION.name[1]];
        const next = read(version, VERSION.next);
        if (next === 0) break;
        version += next;
      }
      const next = read(library, LIBRARY.next);
      library = next === 0 ? undefined : library + next;
    }
  }
}
