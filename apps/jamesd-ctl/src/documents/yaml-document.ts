import { type ErrorCode, JamesError } from "@jamesd/model";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from "yaml";
import { z } from "zod";

// More than any person writes, and far below what would fill the memory.
const MAX_ALIASES = 100;
const NO_ALIASES = "Write the values out in place of aliases.";

/** The way from a document to a value in it: keys, and places in lists. */
export type Path = readonly PropertyKey[];

/** Something in a document; without a node when there is no such thing. */
interface Found {
  readonly node?: Node | null | undefined;
  /** Where it starts, with its key; where what should hold it starts, when it is not there. */
  readonly at: number;
}

/** One of a list of documents. */
interface Item {
  readonly at: number;
  readonly value: unknown;
}

/** A document of a YAML text: its value, and where each part of it stands. */
export class YamlDocument {
  readonly value: unknown;
  readonly #source: string;
  readonly #lines: LineCounter;
  readonly #document: Document.Parsed;
  /** The way to it from the whole, when it is one of a list. */
  readonly #way: Path;

  private constructor(document: Document.Parsed, source: string, lines: LineCounter, item?: Item) {
    this.#document = document;
    this.#source = source;
    this.#lines = lines;
    this.#way = item ? [item.at] : [];
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw this.#error(problem.pos[0], problemText(problem), "Correct the YAML at this line.");
    this.value = item ? item.value : this.#toValue();
  }

  /** Reads documents with `---` between them; empty ones are passed over. @throws JamesError STATE_INVALID */
  static parseAll(text: string, source: string): readonly YamlDocument[] {
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
    if ("empty" in documents) return [];
    return documents
      .map((document) => new YamlDocument(document, source, lines))
      .filter(({ value }) => documents.length === 1 || value !== null);
  }

  /** What is in a list, each as a document; else this one alone. */
  items(): readonly YamlDocument[] {
    if (!Array.isArray(this.value)) return [this];
    return this.value.map(
      (value, at) => new YamlDocument(this.#document, this.#source, this.#lines, { at, value }),
    );
  }

  /** Where something stands: `state.yaml line 7`. */
  place(path: Path): string {
    return this.#placeAt(this.#find(path).at);
  }

  /** Whether there is such a thing. */
  has(path: Path): boolean {
    return this.#find(path).node !== undefined;
  }

  /** What a value is, in words. */
  describe(path: Path): string {
    const { node } = this.#find(path);
    if (isMap(node)) return "a mapping";
    if (isSeq(node)) return "a list";
    if (!isScalar(node) || node.value === null) return "empty";
    if (typeof node.value === "string") return JSON.stringify(node.value);
    return `the ${typeof node.value === "number" ? "number" : "value"} ${node.source ?? node.value}`;
  }

  /** How a value that stands for itself is written. */
  written(path: Path): string | undefined {
    const { node } = this.#find(path);
    return isScalar(node) ? node.source : undefined;
  }

  /** An error about a value: `state.yaml line 7: apps[0].tags <problem>`. */
  refuse(path: Path, problem: string, hint?: string, code: ErrorCode = "STATE_INVALID"): JamesError {
    const name = z.core.toDotPath(path) || "the state";
    return new JamesError(code, `${this.place(path)}: ${name} ${problem}`, { hint });
  }

  #find(path: Path): Found {
    const { contents, range } = this.#document;
    const root = { node: contents, at: contents?.range[0] ?? range[0] };
    return [...this.#way, ...path].reduce<Found>((found, key) => this.#inside(found, key), root);
  }

  #inside({ node, at }: Found, name: PropertyKey): Found {
    const pair = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(name))
      : undefined;
    const inner = (isSeq(node) ? node.items[Number(name)] : pair?.value) as Node | null | undefined;
    const start = (pair?.key as Node | undefined) ?? inner;
    const resolved = isAlias(inner) ? (inner.resolve(this.#document) ?? null) : inner;
    return { node: resolved, at: start?.range?.[0] ?? at };
  }

  #toValue(): unknown {
    let aliases = 0;
    // Resolving each looks through the whole document: they are counted before any is.
    visit(this.#document, { Alias: () => (++aliases > MAX_ALIASES ? visit.BREAK : undefined) });
    if (aliases > MAX_ALIASES) throw this.#error(0, `there are more than ${MAX_ALIASES} aliases`, NO_ALIASES);
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (cause) {
      throw this.#error(0, (cause as Error).message, NO_ALIASES);
    }
  }

  #placeAt(offset: number): string {
    return `${this.#source} line ${this.#lines.linePos(offset).line || 1}`;
  }

  #error(offset: number, message: string, hint: string): JamesError {
    return new JamesError("STATE_INVALID", `${this.#placeAt(offset)}: ${message}`, { hint });
  }
}

/** The library calls itself for what is within something, and says what became of that. */
function problemText({ message }: Error): string {
  return message.includes("call stack") ? "it is nested too deeply" : message;
}
