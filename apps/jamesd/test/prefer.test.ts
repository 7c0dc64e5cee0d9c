import assert from "node:assert/strict";
import { test } from "node:test";
import { waitOf } from "../src/http/prefer.ts";

test("how long a client is ready to wait is found among its preferences, in whatever form they are", () => {
  const cases: readonly [string | undefined, number][] = [
    ["wait=10", 10_000],
    ["Wait = 10", 10_000],
    ['wait="10"', 10_000],
    ["respond-async, wait=10", 10_000],
    ["respond-async;wait=10", 10_000],
    ["nowait=10", 0],
    ["wait=soon", 0],
    ["", 0],
    [undefined, 0],
  ];
  for (const [prefer, waits] of cases) assert.equal(waitOf({ prefer }), waits, prefer);
});
