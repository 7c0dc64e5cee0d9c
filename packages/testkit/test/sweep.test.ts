import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { PART_VARIABLE, runProgram, SEED_VARIABLE, steps, sweepPlan } from "@jamesd/testkit";

interface Said {
  readonly name: string;
  readonly isWhole: boolean;
  readonly picked: readonly number[];
  readonly numbers: readonly number[];
}

/** What the fixture's sweeps try under these variables. */
async function sweeps(env: Readonly<Record<string, string>>): Promise<readonly Said[]> {
  const { code, stdout, stderr } = await runProgram(
    [process.execPath, join(import.meta.dirname, "sweep-fixture.ts")],
    { env },
  );
  assert.equal(code, 0, stderr);
  return [...stdout.matchAll(/SAYS (.*)/g)].map(([, json = ""]) => JSON.parse(json));
}

function assertAscending(numbers: readonly number[]): void {
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
}

test("the plan of a run is its seed and its part; what is no part is refused", () => {
  const variables = (seed: string, part: string) => ({ [SEED_VARIABLE]: seed, [PART_VARIABLE]: part });
  assert.deepEqual(sweepPlan({ [SEED_VARIABLE]: "x" }), { seed: "x", part: undefined });
  assert.deepEqual(sweepPlan(variables("x", "3/10")), { seed: "x", part: { number: 3, of: 10 } });
  assert.match(sweepPlan({}).seed, /^([0-9a-f]{12}|none)$/);
  for (const part of ["", "0/3", "4/3", "3", "a/b", "1/0"])
    assert.throws(() => sweepPlan(variables("x", part)), /is no part/, part);
});

test("a sample has some of each sweep: the same for the same seed, others for another", async () => {
  const samples = await Promise.all(["one", "one", "two"].map((seed) => sweeps({ [SEED_VARIABLE]: seed })));
  const [first = [], again, other = []] = samples;
  assert.deepEqual(first, again);
  assert.equal(first.length, 8);
  for (const [i, { isWhole, picked, numbers }] of first.entries()) {
    assert.equal(isWhole, false);
    assert.equal(picked.length, 10);
    assertAscending(picked);
    assertAscending(numbers);
    assert.ok(numbers.length > 9 && numbers.length < 50, `${numbers.length} numbers`);
    assert.notDeepEqual(picked, other[i]?.picked);
    assert.notDeepEqual(numbers, other[i]?.numbers);
  }
});

test("all parts together have each sweep once, and whole", async () => {
  const parts = await Promise.all(["1/3", "2/3", "3/3"].map((part) => sweeps({ [PART_VARIABLE]: part })));
  assert.ok(parts.every((part) => part.length < 8));
  const all = parts.flat();
  assert.deepEqual(all.map(({ name }) => name).sort(), ["a", "b", "c", "d", "e", "f", "g", "h"]);
  for (const { isWhole, picked, numbers } of all) {
    assert.equal(isWhole, true);
    assert.deepEqual([picked.length, numbers.length], [100, 100]);
  }
});

test("steps end one behind the most that there may be: who has not come to an end by then is told", () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const numbers = steps(`most ${seed}`, 12, 20);
    let last = 0;
    assert.throws(() => {
      for (last of numbers);
    }, /more than 20/);
    assert.equal(last, 21);
  }
});
