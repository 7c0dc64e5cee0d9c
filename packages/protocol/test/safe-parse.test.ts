import assert from "node:assert/strict";
import { test } from "node:test";
import { whole } from "@jamesd/model";
import { ENROLL_ROUTES, MAX_DOCUMENTS, parseInSteps, ROUTES, type Route, safeParse } from "@jamesd/protocol";
import fc from "fast-check";
import { shapeOf } from "../src/shape-of.ts";
import { valuesOf } from "./odd-values.ts";

for (const [name, { body }] of Object.entries<Route>({ ...ROUTES, ...ENROLL_ROUTES }))
  if (body !== undefined && body !== "bytes")
    test(`law: whatever the body of ${name} is, it fits or does not, in steps as at once, and nothing is thrown`, () => {
      const shape = shapeOf(body);
      const seen = { true: 0, false: 0 };
      fc.assert(
        fc.property(fc.oneof(valuesOf(shape, 0), valuesOf(shape, 20)), (made) => {
          const value = JSON.parse(JSON.stringify(made));
          const { success, data, error } = safeParse(body, value);
          seen[`${success}`] += 1;
          assert.equal(success, error === undefined);
          const inSteps = whole(parseInSteps(body, value));
          assert.deepEqual([inSteps.data, inSteps.error?.issues], [data, error?.issues]);
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

test("of a list each item is a step, and how long it may be counts as well", () => {
  const documents = Array.from({ length: MAX_DOCUMENTS }, (_, i) => ({
    kind: "device",
    id: `${i}`,
    apps: [],
  }));
  const steps = (value: unknown) => {
    const work = parseInSteps(ROUTES.apply.body, value);
    for (let taken = 0; ; taken += 1) {
      const { done, value } = work.next();
      if (done) return { taken, message: value.error?.message && value.error.issues[0]?.message };
    }
  };
  assert.deepEqual(steps({ documents }), { taken: MAX_DOCUMENTS, message: undefined });
  const { taken, message } = steps({ documents: [...documents, documents[0]] });
  assert.equal(taken, MAX_DOCUMENTS + 1);
  assert.match(message ?? "", /<=200000 items/);
});
