import assert from "node:assert/strict";
import { test } from "node:test";
import { ROUTES, type Route, safeParse } from "@jamesd/protocol";
import fc from "fast-check";
import { Mismatch, readShape } from "../src/shape.ts";
import { shapeOf } from "../src/shape-of.ts";
import { valuesOf } from "./odd-values.ts";

for (const [name, { reply }] of Object.entries<Route>(ROUTES))
  if (reply !== undefined && reply !== "bytes")
    test(`law: the shape of what ${name} answers takes what its schema takes, and gives nothing that it does not`, () => {
      const shape = shapeOf(reply);
      let taken = 0;
      fc.assert(
        fc.property(fc.oneof(valuesOf(shape, 0), valuesOf(shape, 1)), (made) => {
          const value: unknown = JSON.parse(JSON.stringify(made));
          const found = readShape(shape, value);
          const parsed = safeParse(reply, value);
          if (parsed.success) assert.deepEqual(found, parsed.data);
          taken += Number(parsed.success);
          if (found instanceof Mismatch) return;
          const again = safeParse(reply, found);
          assert.ok(again.success, again.error?.message);
          assert.deepEqual(again.data, found);
        }),
        { numRuns: 150 },
      );
      assert.ok(taken > 0, "some of them are taken");
    });
