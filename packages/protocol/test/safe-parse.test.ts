import assert from "node:assert/strict";
import { test } from "node:test";
import { ENROLL_ROUTES, ROUTES, type Route, safeParse } from "@jamesd/protocol";
import fc from "fast-check";
import { shapeOf } from "../src/shape-of.ts";
import { valuesOf } from "./odd-values.ts";

for (const [name, { body }] of Object.entries<Route>({ ...ROUTES, ...ENROLL_ROUTES }))
  if (body !== undefined && body !== "bytes")
    test(`law: whatever the body of ${name} is, it fits or does not, and nothing is thrown`, () => {
      const shape = shapeOf(body);
      const seen = { true: 0, false: 0 };
      fc.assert(
        fc.property(fc.oneof(valuesOf(shape, 0), valuesOf(shape, 20)), (made) => {
          const { success, error } = safeParse(body, JSON.parse(JSON.stringify(made)));
          seen[`${success}`] += 1;
          assert.equal(success, error === undefined);
        }),
        { numRuns: 300 },
      );
      assert.ok(seen.true > 0 && seen.false > 0, JSON.stringify(seen));
    });

test("a length that cannot be compared does not fit", () => {
  const { app } = { app: { length: { toString: null } } };
  const { error } = safeParse(ROUTES.reinstall.body, { app });
  assert.deepEqual(
    error?.issues.map(({ path, message }) => [path, message]),
    [[[], "it holds what cannot be read"]],
  );
});
