import fc from "fast-check";
import type { Shape } from "../src/shape.ts";

// What looking at a value of a wrong type may stumble over.
const TRAPS = ["length", "toString", "valueOf", "constructor", "prototype", "name", "then", "toJSON", "size"];
const TRAP: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, 1, {}),
    fc.dictionary(fc.constantFrom(...TRAPS), tie("value"), { minKeys: 1, maxKeys: 3 }),
  ),
})).value;

const JUNK = fc.oneof(
  fc.constantFrom(null, true, -1, 0.5, 2 ** 60, "", "x", "x".repeat(2000), "\u0000", [], {}),
  fc.constant({ more: 1 }),
  fc.constant(JSON.parse('{"__proto__":{"polluted":1}}')),
  { weight: 4, arbitrary: TRAP },
);

/** Values of a shape; in `odd` of some forty places something else stands in them. */
export function valuesOf(shape: Shape, odd: number): fc.Arbitrary<unknown> {
  const even = ofShape(shape, odd);
  return odd > 0 ? fc.oneof({ weight: 40, arbitrary: even }, { weight: odd, arbitrary: JUNK }) : even;
}

function ofShape(shape: Shape, odd: number): fc.Arbitrary<unknown> {
  if (shape.anyOf) return fc.oneof(...shape.anyOf.map((one) => valuesOf(one, odd)));
  if ("const" in shape) return fc.constant(shape.const);
  if (shape.enum) return fc.constantFrom(...shape.enum);
  switch (shape.type) {
    case "object":
      return ofObject(shape, odd);
    case "array": {
      const { items = {}, minItems = 0 } = shape;
      return fc.array(valuesOf(items, odd), { minLength: minItems, maxLength: minItems + 2 });
    }
    case "string":
      return ofText(shape, odd);
    case "integer":
    case "number":
      return ofNumber(shape, odd);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return JUNK;
  }
}

function ofObject(shape: Shape, odd: number): fc.Arbitrary<object> {
  const { properties = {}, required = [], additionalProperties, propertyNames = {} } = shape;
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, valuesOf(inner, odd)])),
    { requiredKeys: [...required] },
  );
  if (!additionalProperties) return known;
  const named = ofText(propertyNames, odd);
  const name = odd > 0 ? fc.oneof(named, fc.constantFrom("__proto__", "constructor")) : named;
  const more = fc.dictionary(name, valuesOf(additionalProperties, odd), { maxKeys: 3 });
  return fc.tuple(known, more).map((both) => Object.assign({}, ...both));
}

function ofText({ minLength = 0, maxLength = 12, pattern }: Shape, odd: number): fc.Arbitrary<string> {
  const plain = fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 12)) });
  const even = pattern === undefined ? plain : fc.stringMatching(new RegExp(pattern));
  const edge = fc.constantFrom(maxLength, maxLength + 1).map((length) => "é".repeat(Math.min(length, 5000)));
  return odd > 0 ? fc.oneof({ weight: 20, arbitrary: even }, plain, edge) : even;
}

function ofNumber(shape: Shape, odd: number): fc.Arbitrary<number> {
  const { minimum = -(2 ** 53), maximum = 2 ** 53 } = shape;
  const even = fc.integer({ min: Math.max(minimum, -100), max: Math.min(maximum, 100) });
  return odd > 0
    ? fc.oneof(even, fc.constantFrom(minimum, minimum - 1, maximum, maximum + 1, 0.5, 1e300))
    : even;
}
