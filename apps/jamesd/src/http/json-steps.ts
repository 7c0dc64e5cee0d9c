import type { Steps } from "@jamesd/model";

/** So many bytes are read at once: a millisecond's work at the most. */
const PIECE = 64 * 1024;
/** What is deeper inside is read at once, however long it is. */
const DEEPEST = 8;

const BYTES = { quote: 0x22, comma: 0x2c, colon: 0x3a, backslash: 0x5c, object: 0x7b };
/** What ends a list or an object, by what begins it. */
const CLOSES: ReadonlyMap<number | undefined, number> = new Map([
  [0x5b, 0x5d],
  [BYTES.object, 0x7d],
]);
const SPACES: ReadonlySet<number | undefined> = new Set(Buffer.from(" \t\n\r"));
const BOM = Buffer.from("\ufeff");

type Container = unknown[] | Record<string, unknown>;

/** Where a list or an object can be cut: at a comma of its own, or at what ends it. */
interface Cut {
  readonly at: number;
  readonly isEnd: boolean;
}

/**
 * Reads JSON, however long, in steps. Pieces of it are read, each a JSON text of its own: here it is only looked for where
 * a list or an object can be cut. A piece that is cut elsewhere is no JSON, so nothing is taken for it that is not.
 * @param parse reads a text, and throws what is wrong with it; an object may have no key that changes its prototype
 * @param piece so many bytes are read at once
 */
export function jsonInSteps(bytes: Buffer, parse: (text: string) => unknown, piece = PIECE): Steps<unknown> {
  return new JsonSteps(bytes, parse, piece).whole();
}

class JsonSteps {
  readonly #bytes: Buffer;
  readonly #parse: (text: string) => unknown;
  readonly #piece: number;
  /** Up to here it was read. */
  #at = 0;

  constructor(bytes: Buffer, parse: (text: string) => unknown, piece: number) {
    this.#bytes = bytes;
    this.#parse = parse;
    this.#piece = piece;
  }

  *whole(): Steps<unknown> {
    if (this.#bytes.subarray(0, BOM.length).equals(BOM)) this.#at = BOM.length;
    this.#skipSpace();
    if (!CLOSES.has(this.#bytes[this.#at])) return this.#parse(this.#text(0, this.#bytes.length));
    const read = yield* this.#container(1);
    this.#skipSpace();
    return this.#at === this.#bytes.length ? read : this.#refuse();
  }

  /** The list or object that begins here, and is no deeper than is read in steps. */
  *#container(depth: number): Steps<Container> {
    const begin = this.#bytes[this.#at];
    const read: Container = begin === BYTES.object ? {} : [];
    for (let isFirst = true; ; isFirst = false) {
      this.#at += 1;
      this.#skipSpace();
      const cut = this.#look(this.#at + this.#piece);
      if (cut) this.#addPiece(read, cut, isFirst);
      else yield* this.#addLong(read, depth);
      yield;
      const next = this.#bytes[this.#at];
      if (next === BYTES.comma) continue;
      if (next !== CLOSES.get(begin)) this.#refuse();
      this.#at += 1;
      return read;
    }
  }

  /** Adds what stands before a cut. */
  #addPiece(read: Container, { at, isEnd }: Cut, isFirst: boolean): void {
    const text = this.#text(this.#at, at);
    this.#at = at;
    const isList = Array.isArray(read);
    const piece = this.#parse(isList ? `[${text}]` : `{${text}}`) as Container;
    const items = Array.isArray(piece) ? piece : Object.entries(piece);
    // Between two commas, or a comma and the end, something has to be.
    if (items.length === 0 && !(isFirst && isEnd)) this.#refuse();
    if (isList) for (const item of items) read.push(item);
    else for (const [name, item] of items as [string, unknown][]) this.#set(read, name, item);
  }

  /** Adds what alone is longer than a piece. */
  *#addLong(read: Container, depth: number): Steps<void> {
    const name = Array.isArray(read) ? undefined : this.#key();
    const isRead = CLOSES.has(this.#bytes[this.#at]) && depth < DEEPEST;
    const item = isRead ? yield* this.#container(depth + 1) : this.#longItem();
    this.#skipSpace();
    if (Array.isArray(read)) read.push(item);
    else this.#set(read, name ?? this.#refuse(), item);
  }

  #longItem(): unknown {
    const from = this.#at;
    const cut = this.#look(this.#bytes.length, true) ?? this.#refuse();
    this.#at = cut.at;
    // In a list, for a text may begin with a byte order mark, and an item may not.
    const items = this.#parse(`[${this.#text(from, cut.at)}]`) as readonly unknown[];
    return items.length === 1 ? items[0] : this.#refuse();
  }

  /** The key that stands here, and the colon behind it. */
  #key(): string | undefined {
    const from = this.#at;
    if (this.#bytes[from] !== BYTES.quote) this.#refuse();
    this.#at = this.#behindText(from);
    // A member, for there are names that no object may have.
    const member = this.#parse(`{${this.#text(from, this.#at)}:0}`) as object;
    this.#skipSpace();
    if (this.#bytes[this.#at] !== BYTES.colon) this.#refuse();
    this.#at += 1;
    this.#skipSpace();
    return Object.keys(member)[0];
  }

  // What `parse` would find, were it in one piece.
  #set(read: Record<string, unknown>, name: string, item: unknown): void {
    if (name === "constructor" && typeof item === "object" && item && Object.hasOwn(item, "prototype"))
      this.#refuse();
    read[name] = item;
  }

  /** Where to cut the rest of a list or object: at its end, if that comes before the limit, or else at the last comma before it. */
  #look(limit: number, isFirstWanted = false): Cut | undefined {
    let depth = 0;
    let comma: Cut | undefined;
    for (let at = this.#at; at < this.#bytes.length && at < limit; at += 1)
      switch (this.#bytes[at]) {
        case BYTES.quote:
          at = this.#behindText(at) - 1;
          break;
        case 0x5b:
        case BYTES.object:
          depth += 1;
          break;
        case 0x5d:
        case 0x7d:
          if (depth === 0) return { at, isEnd: true };
          depth -= 1;
          break;
        case BYTES.comma:
          if (depth > 0) break;
          comma = { at, isEnd: false };
          if (isFirstWanted) return comma;
      }
    return comma;
  }

  /** Where the text ends that begins with the quotation mark at `from`. */
  #behindText(from: number): number {
    for (let end = from; ; ) {
      end = this.#bytes.indexOf(BYTES.quote, end + 1);
      if (end === -1) return this.#bytes.length;
      let before = end;
      while (this.#bytes[before - 1] === BYTES.backslash) before -= 1;
      if ((end - before) % 2 === 0) return end + 1;
    }
  }

  #skipSpace(): void {
    while (SPACES.has(this.#bytes[this.#at])) this.#at += 1;
  }

  #text(from: number, to: number): string {
    return this.#bytes.toString("utf8", from, to);
  }

  /** Throws what `parse` throws of what is no JSON. */
  #refuse(): never {
    this.#parse("[");
    throw new SyntaxError("it is no JSON");
  }
}
