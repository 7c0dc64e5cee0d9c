/**
 * What of JSON Schema (draft 2020-12) the protocol's answers are described with. A shape is plain data, so that a program
 * can read by it without the schema that it was made of, and without the library behind that.
 */
export interface Shape {
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Shape;
  readonly additionalProperties?: Shape;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Shape[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly not?: { readonly enum: readonly unknown[] };
  readonly default?: unknown;
}

/** Why a value is not of a shape, and where in it. */
export class Mismatch {
  readonly problem: string;
  readonly path: readonly (string | number)[];

  constructor(problem: string, path: readonly (string | number)[] = []) {
    this.problem = problem;
    this.path = path;
  }

  /** The same, seen from what the value is in. */
  in(key: string | number): Mismatch {
    return new Mismatch(this.problem, [key, ...this.path]);
  }

  toString(): string {
    return this.path.length === 0 ? this.problem : `${this.path.join(".")} ${this.problem}`;
  }
}

type Reader = (shape: Shape, value: unknown) => unknown;

const READERS: Readonly<Record<NonNullable<Shape["type"]>, Reader>> = {
  object: readObject,
  array: readArray,
  string: readString,
  number: readNumber,
  integer: readNumber,
  boolean: (_, value) => (typeof value === "boolean" ? value : new Mismatch("is neither true nor false")),
  null: (_, value) => (value === null ? null : new Mismatch("is not null")),
};

/**
 * Reads what came from JSON: the value with its defaults, and without what the shape does not know, for who writes may be
 * newer; or the Mismatch. Never throws.
 */
export function readShape(shape: Shape, value: unknown): unknown {
  if (shape.anyOf) return readAnyOf(shape.anyOf, value);
  if ("const" in shape && value !== shape.const) return new Mismatch(`is not ${JSON.stringify(shape.const)}`);
  if (shape.enum && !shape.enum.includes(value))
    return new Mismatch(`is none of ${shape.enum.map((word) => JSON.stringify(word)).join(", ")}`);
  if (shape.not?.enum.includes(value)) return new Mismatch(`is ${JSON.stringify(value)}`);
  return shape.type === undefined ? value : READERS[shape.type](shape, value);
}

function readAnyOf(shapes: readonly Shape[], value: unknown): unknown {
  // The one that came furthest says best what is wrong.
  let best: Mismatch | undefined;
  for (const shape of shapes) {
    const read = readShape(shape, value);
    if (!(read instanceof Mismatch)) return read;
    if (best === undefined || read.path.length > best.path.length) best = read;
  }
  return best ?? new Mismatch("is nothing that can be read");
}

function readObject(shape: Shape, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return new Mismatch("is no object");
  const { properties = {}, required = [], additionalProperties } = shape;
  const given = value as Record<string, unknown>;
  const read: Record<string, unknown> = {};
  let known = 0;
  let isSame = true;
  for (const name in properties) {
    const inner = properties[name] ?? {};
    if (Object.hasOwn(given, name)) {
      const one = readShape(inner, given[name]);
      if (one instanceof Mismatch) return one.in(name);
      known += 1;
      isSame &&= one === given[name];
      read[name] = one;
    } else if ("default" in inner) {
      isSame = false;
      read[name] = inner.default;
    } else if (required.includes(name)) return new Mismatch("is missing").in(name);
  }
  // Of tens of thousands of entries that have nothing to be put right no copy is kept.
  if (isSame && Object.keys(given).length === known) return given;
  const more = additionalProperties && readOthers(shape, additionalProperties, value);
  if (more instanceof Mismatch) return more;
  return more ? Object.fromEntries([...Object.entries(read), ...more]) : read;
}

function readOthers(
  { properties = {}, propertyNames }: Shape,
  additional: Shape,
  value: object,
): [string, unknown][] | Mismatch {
  const read: [string, unknown][] = [];
  for (const [name, one] of Object.entries(value)) {
    // As the schemas do: nobody calls something so but to reach the prototype of all objects.
    if (name === "__proto__" || Object.hasOwn(properties, name)) continue;
    const named = propertyNames ? readShape(propertyNames, name) : name;
    const inner = named instanceof Mismatch ? named : readShape(additional, one);
    if (inner instanceof Mismatch) return inner.in(name);
    read.push([name, inner]);
  }
  return read;
}

function readArray({ items = {}, minItems = 0, maxItems }: Shape, value: unknown): unknown {
  if (!Array.isArray(value)) return new Mismatch("is no list");
  if (value.length < minItems) return new Mismatch(`has fewer than ${minItems} items`);
  if (maxItems !== undefined && value.length > maxItems)
    return new Mismatch(`has more than ${maxItems} items`);
  const read: unknown[] = [];
  for (let i = 0; i < value.length; i++) {
    const one = readShape(items, value[i]);
    if (one instanceof Mismatch) return one.in(i);
    read.push(one);
  }
  return read;
}

function readString({ minLength = 0, maxLength, pattern }: Shape, value: unknown): unknown {
  if (typeof value !== "string") return new Mismatch("is no text");
  if (value.length < minLength) return new Mismatch(`has fewer than ${minLength} characters`);
  if (maxLength !== undefined && value.length > maxLength)
    return new Mismatch(`has more than ${maxLength} characters`);
  return pattern === undefined || expression(pattern).test(value)
    ? value
    : new Mismatch(`is not as in ${pattern}`);
}

function readNumber({ type, minimum, maximum }: Shape, value: unknown): unknown {
  if (typeof value !== "number" || !Number.isFinite(value)) return new Mismatch("is no number");
  if (type === "integer" && !Number.isInteger(value)) return new Mismatch("is no whole number");
  if (minimum !== undefined && value < minimum) return new Mismatch(`is less than ${minimum}`);
  if (maximum !== undefined && value > maximum) return new Mismatch(`is more than ${maximum}`);
  return value;
}

const expressions = new Map<string, RegExp>();

function expression(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? new RegExp(pattern);
  expressions.set(pattern, known);
  return known;
}
