import assert from "node:assert/strict";
import { test } from "node:test";
import { advance, BEGUN, mayFail, parseRollout } from "../src/index.ts";

test("a lone canary may not fail; of thousands twenty count from the start", () => {
  const counts = { done: 0, busy: 0, failed: 0, silent: 0, unreached: 1 };
  assert.equal(mayFail(counts, { failures: 0.05 }), 0);
  assert.equal(mayFail({ ...counts, unreached: 9000 }, { failures: 0.05 }), 1);
  assert.equal(mayFail({ ...counts, done: 968, failed: 20 }, { failures: 0.05 }), 49);
});

test("a share of devices is exact, though few hundredths are exact as numbers", () => {
  const settings = parseRollout({ bakeMs: 0 });
  const nobody = { done: 0, busy: 0, failed: 0, silent: 0, unreached: 0 };
  for (let percent = 1; percent <= 100; percent += 1)
    for (const size of [25, 50, 100, 200, 300, 1800]) {
      const share = percent / 100;
      const most = Math.floor((percent * size) / 100);
      assert.equal(mayFail({ ...nobody, done: size }, { failures: share }), most, `${percent}% of ${size}`);
      const enough = Math.ceil((percent * size) / 100);
      const isOnward = (done: number): boolean =>
        advance({ ...settings, success: share }, BEGUN, [{ ...nobody, done, busy: size - done }], 0) !==
        undefined;
      assert.deepEqual([enough - 1, enough].map(isOnward), [false, true], `${percent}% of ${size}`);
    }
});
