import assert from "node:assert/strict";
import { test } from "node:test";
import { ROUTES, type Route } from "@jamesd/protocol";
import fc from "fast-check";
import { Mismatch, readShape, type Shape } from "../src/shape.ts";
import { shapeOf } from "../src/shape-of.ts";

const JUNK = fc.oneof(
  fc.constantFrom(null, true, -1, 0.5, 2 ** 60, "", "x", "x".repeat(2000), "\u0000", [], {}),
  fc.constant({ more: 1 }),
  fc.constant(JSON.parse('{"__proto__":{"polluted":1}}')),
);

/** Values of a shape; where it is to be odd, something else stands in them here and there. */
function valuesOf(shape: Shape, isOdd: boolean): fc.Arbitrary<unknown> {
  const even = ofShape(shape, isOdd);
  return isOdd ? fc.oneof({ weight: 40, arbitrary: even }, { weight: 1, arbitrary: JUNK }) : even;
}

function ofShape(shape: Shape, isOdd: boolean): fc.Arbitrary<unknown> {
  if (shape.anyOf) return fc.oneof(...shape.anyOf.map((one) => valuesOf(one, isOdd)));
  if ("const" in shape) return fc.constant(shape.const);
  if (shape.enum) return fc.constantFrom(...shape.enum);
  switch (shape.type) {
    case "object":
      return ofObject(shape, isOdd);
    case "array": {
      const { items = {}, minItems = 0 } = shape;
      return fc.array(valuesOf(items, isOdd), { minLength: minItems, maxLength: minItems + 2 });
    }
    case "string":
      return ofText(shape, isOdd);
    case "integer":
    case "number":
      return ofNumber(shape, isOdd);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return JUNK;
  }
}

function ofObject(shape: Shape, isOdd: boolean): fc.Arbitrary<object> {
  const { properties = {}, required = [], additionalProperties, propertyNames = {} } = shape;
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, valuesOf(inner, isOdd)])),
    { requiredKeys: [...required] },
  );
  if (!additionalProperties) return known;
  const named = ofText(propertyNames, isOdd);
  const name = isOdd ? fc.oneof(named, fc.constantFrom("__proto__", "constructor")) : named;
  const more = fc.dictionary(name, valuesOf(additionalProperties, isOdd), { maxKeys: 3 });
  return fc.tuple(known, more).map((both) => Object.assign({}, ...both));
}

function ofText({ minLength = 0, maxLength = 12, pattern }: Shape, isOdd: boolean): fc.Arbitrary<string> {
  const plain = fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 12)) });
  const even = pattern === undefined ? plain : fc.stringMatching(new RegExp(pattern));
  const edge = fc.constantFrom(maxLength, maxLength + 1).map((length) => "é".repeat(Math.min(length, 5000)));
  return isOdd ? fc.oneof({ weight: 20, arbitrary: even }, plain, edge) : even;
}

function ofNumber(shape: Shape, isOdd: boolean): fc.Arbitrary<number> {
  const { minimum = -(2 ** 53), maximum = 2 ** 53 } = shape;
  const even = fc.integer({ min: Math.max(minimum, -100), max: Math.min(maximum, 100) });
  return isOdd
    ? fc.oneof(even, fc.constantFrom(minimum, minimum - 1, maximum, maximum + 1, 0.5, 1e300))
    : even;
}

for (const [name, { reply }] of Object.entries<Route>(ROUTES))
  if (reply !== undefined && reply !== "bytes")
    test(`law: the shape of what ${name} answers takes what its schema takes, and gives nothing that it does not`, () => {
      const shape = shapeOf(reply);
      let taken = 0;
      fc.assert(
        fc.property(fc.oneof(valuesOf(shape, false), valuesOf(shape, true)), (made) => {
          const value: unknown = JSON.parse(JSON.stringify(made));
          const found = readShape(shape, value);
          const parsed = reply.safeParse(value);
          if (parsed.success) assert.deepEqual(found, parsed.data);
          taken += Number(parsed.success);
          if (found instanceof Mismatch) return;
          const again = reply.safeParse(found);
          assert.ok(again.success, again.error?.message);
          assert.deepEqual(again.data, found);
        }),
        { numRuns: 150 },
      );
      assert.ok(taken > 0, "some of them are taken");
    });
