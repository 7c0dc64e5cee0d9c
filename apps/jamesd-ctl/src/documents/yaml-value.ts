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
import { nearest } from "../cli/nearest.ts";

// More than any person writes, and far below what would fill the memory.
const MAX_ALIASES = 100;

/** What all values of one text share. */
interface Origin {
  readonly source: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** A value in a YAML text that knows where it stands, so that a complaint names file, line and key. */
export class YamlValue {
  readonly #origin: Origin;
  readonly #node: Node | null;
  readonly #path: string;
  readonly #offset: number;

  private constructor(origin: Origin, node: unknown, path: string, offset: number) {
    this.#origin = origin;
    this.#node = isAlias(node) ? (node.resolve(origin.document) ?? null) : ((node as Node | null) ?? null);
    this.#path = path;
    this.#offset = (node as Node | null)?.range?.[0] ?? offset;
  }

  /** Reads a text that holds one document. @throws JamesError STATE_INVALID */
  static parse(text: string, source: string): YamlValue {
    const [root, second] = YamlValue.parseAll(text, source);
    if (root === undefined)
      throw new JamesError("STATE_INVALID", `${source} is empty`, {
        hint: "Begin with what get-state or get-desired-state prints for the device.",
      });
    if (second)
      throw second.#at(
        second.#offset,
        "a second document starts here",
        "Set one device at a time, or use apply.",
      );
    return root;
  }

  /** Reads a text of documents with `---` between them; empty ones are passed over. @throws JamesError STATE_INVALID */
  static parseAll(text: string, source: string): readonly YamlValue[] {
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
    if ("empty" in documents) return [];
    return documents.flatMap((document) => {
      const root = new YamlValue({ source, document, lines }, document.contents, "", document.range[0]);
      const [problem] = [...document.errors, ...document.warnings];
      if (problem) throw root.#at(problem.pos[0], problem.message, "Correct the YAML at this line.");
      root.#boundAliases();
      return documents.length > 1 && isEmpty(document) ? [] : [root];
    });
  }

  /** The fields of a mapping by key. @throws JamesError STATE_INVALID for another type, an unknown or a missing key */
  fields<K extends string>(known: readonly K[], needed: readonly K[]): Partial<Record<K, YamlValue>> {
    const node = this.#node;
    if (!isMap(node))
      throw this.#wrongType("a mapping of keys to values", `The keys are ${known.join(", ")}.`);
    const fields = node.items.map(({ key, value }): [string, YamlValue] => {
      const name = isScalar(key) ? String(key.value) : "";
      const offset = (key as Node | null)?.range?.[0] ?? this.#offset;
      const field = new YamlValue(this.#origin, value, this.#path ? `${this.#path}.${name}` : name, offset);
      if (known.some((word) => word === name)) return [name, field];
      const near = nearest(name, known);
      throw this.#at(
        offset,
        `${JSON.stringify(name)} is not a key that ${this.#path || "a state"} has`,
        `${near === undefined ? "" : `Did you mean ${near}? `}The keys are ${known.join(", ")}.`,
      );
    });
    const missing = needed.find((word) => !fields.some(([name]) => name === word));
    if (missing !== undefined) throw this.refuse(`has no ${missing}`, `Add the key ${missing}.`);
    return Object.fromEntries(fields) as Partial<Record<K, YamlValue>>;
  }

  /** The items of a list. @throws JamesError STATE_INVALID */
  items(): readonly YamlValue[] {
    const node = this.#node;
    if (!isSeq(node))
      throw this.#wrongType("a list", "Write one item a line, each after a dash; [] is an empty list.");
    return node.items.map(
      (item, i) => new YamlValue(this.#origin, item, `${this.#path}[${i}]`, this.#offset),
    );
  }

  /** A text. A number, `true` or `null` is none: 1.0 and 1.00 would become the same. @throws JamesError STATE_INVALID */
  text(): string {
    const node = this.#node;
    if (isScalar(node) && typeof node.value === "string") return node.value;
    const written = isScalar(node) ? node.source : undefined;
    throw this.#wrongType("a text", written ? `Put it in quotes: "${written}".` : undefined);
  }

  /** A whole number from 0 on. @throws JamesError STATE_INVALID */
  count(): number {
    const node = this.#node;
    if (isScalar(node) && Number.isSafeInteger(node.value) && Number(node.value) >= 0)
      return Number(node.value);
    throw this.#wrongType("a whole number", undefined);
  }

  /** Runs a check of the model on this value and names the place in what it throws. */
  check<T>(parse: (text: string) => T): T {
    const text = this.text();
    try {
      return parse(text);
    } catch (cause) {
      const { code, message, hint } = JamesError.from(cause);
      throw this.#at(this.#offset, `${this.#path}: ${message}`, hint, code);
    }
  }

  /** Where it stands: `state.yaml line 7`. */
  get place(): string {
    return this.#placeOf(this.#offset);
  }

  /** An error about this value: `state.yaml line 7: apps[0].tags <problem>`. */
  refuse(problem: string, hint: string | undefined, code: ErrorCode = "STATE_INVALID"): JamesError {
    return this.#at(this.#offset, `${this.#path || "the state"} ${problem}`, hint, code);
  }

  #wrongType(wanted: string, hint: string | undefined): JamesError {
    return this.refuse(`is ${describe(this.#node)}, not ${wanted}`, hint);
  }

  #at(offset: number, message: string, hint?: string, code: ErrorCode = "STATE_INVALID"): JamesError {
    return new JamesError(code, `${this.#placeOf(offset)}: ${message}`, { hint });
  }

  #placeOf(offset: number): string {
    const { source, lines } = this.#origin;
    return `${source} line ${lines.linePos(offset).line || 1}`;
  }

  #boundAliases(): void {
    let aliases = 0;
    // Resolving each looks through the whole document: they are counted before any is.
    visit(this.#origin.document, { Alias: () => (++aliases > MAX_ALIASES ? visit.BREAK : undefined) });
    if (aliases > MAX_ALIASES)
      throw this.#at(
        0,
        `there are more than ${MAX_ALIASES} aliases`,
        "Write the values out in place of aliases.",
      );
    try {
      this.#origin.document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (cause) {
      throw this.#at(0, (cause as Error).message, "Write the values out in place of aliases.");
    }
  }
}

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function describe(node: Node | null): string {
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  if (!isScalar(node) || node.value === null) return "empty";
  if (typeof node.value === "number") return `the number ${node.source ?? node.value}`;
  return typeof node.value === "string" ? "a text" : `the value ${node.source ?? node.value}`;
}
