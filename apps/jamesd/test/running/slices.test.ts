import assert from "node:assert/strict";
import { test } from "node:test";
import { inSlices } from "../../src/running/slices.ts";

test("others run between the steps of long work, and it comes to its end", async () => {
  let others = 0;
  const seen: number[] = [];
  const run = setInterval(() => (others += 1), 0);
  function* work() {
    for (let step = 0; step < 3; step += 1) {
      const until = performance.now() + 10;
      while (performance.now() < until);
      seen.push(others);
      yield;
    }
    return "done";
  }
  assert.equal(await inSlices(work()), "done");
  clearInterval(run);
  assert.ok(
    seen.every((count, i) => i === 0 || count > (seen[i - 1] ?? 0)),
    String(seen),
  );
});
