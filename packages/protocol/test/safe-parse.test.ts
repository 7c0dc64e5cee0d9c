import assert from "node:assert/strict";
import { test } from "node:test";
import { whole } from "@jamesd/model";
import { ENROLL_ROUTES, MAX_DOCUMENTS, parseInSteps, ROUTES, type Route, safeParse } from "@jamesd/protocol";
import fc from "fast-check";
import type { z } from "zod";
import { shapeOf } from "../src/shape-of.ts";
import { valuesOf } from "./odd-values.ts";

const UNREADABLE = "it holds what cannot be read";

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
          for (const few of [0, 2, undefined]) {
            const inSteps: z.ZodSafeParseResult<unknown> = whole(parseInSteps(body, value, few));
            assert.deepEqual([inSteps.success, inSteps.data], [success, data]);
            // What cannot be read may be behind what is wrong first.
            if (error?.issues[0]?.message !== UNREADABLE)
              assert.deepEqual(inSteps.error?.issues[0], error?.issues[0]);
          }
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
    [[[], UNREADABLE]],
  );
});

test("of a list each item is a step, and of one that is too long none is looked at", () => {
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
  for (const key of ["documents", "remove"]) {
    const { taken, message } = steps({ documents: [], [key]: Array(MAX_DOCUMENTS + 1).fill(1) });
    assert.equal(taken, 0);
    assert.match(message ?? "", /<=200000 items/);
  }
  const { taken } = steps({ documents: [documents[0], {}, ...documents.slice(2)] });
  assert.equal(taken, 2, "and nothing after one that does not fit");
});

test("of what is wrong throughout one thing is told, however deep the list is", () => {
  const wrong = Array(7900).fill(1);
  const app = { name: "a", tags: wrong };
  const installed = { ...app, digest: "0".repeat(64) };
  const bodies = [
    [ROUTES.setDesiredState, { apps: wrong }],
    [ROUTES.setDesiredState, { apps: [app] }],
    [ROUTES.checkin, { state: { systemtags: [], apps: wrong } }],
    [ROUTES.checkin, { state: { systemtags: wrong, apps: [] } }],
    [ROUTES.checkin, { state: { systemtags: [], apps: [installed] } }],
    [ROUTES.apply, { documents: [{ kind: "device", id: "d", apps: wrong }] }],
    [ROUTES.apply, { documents: [{ kind: "spec", id: "s", selector: [], apps: [app] }] }],
  ] as const;
  for (const [{ body }, value] of bodies) {
    const { error } = whole(parseInSteps(body, value));
    const [first] = error?.issues.filter(({ path }) => path.length > 1) ?? [];
    assert.ok(error && error.issues.length < 4, `${error?.issues.length} ${first?.path}`);
  }
});
