import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { killAtCalls, PART_VARIABLE, runProgram, SEED_VARIABLE } from "@jamesd/testkit";

interface Said {
  readonly enough?: number;
  readonly isWhole: boolean;
  readonly tried: readonly [string, number][];
  readonly kills: readonly [string, number][];
}

/** What the fixture's sweeps try under these variables. */
async function sweeps(env: Readonly<Record<string, string>>): Promise<readonly Said[]> {
  const script = join(import.meta.dirname, "kill-sweep-fixture.ts");
  const { code, stdout, stderr } = await runProgram([process.execPath, script], { env });
  assert.equal(code, 0, stderr);
  return [...stdout.matchAll(/SAYS (.*)/g)].map(([, json = ""]) => JSON.parse(json));
}

test("a sample has a kill of each kind of calls that there are, wherever they are", async () => {
  const seeds = ["one", "two", "three", "four"];
  const samples = (await Promise.all(seeds.map((seed) => sweeps({ [SEED_VARIABLE]: seed })))).flat();
  assert.equal(samples.length, 8);
  for (const { enough, isWhole, tried, kills } of samples) {
    assert.equal(isWhole, false);
    const { many = 0, few = 0, one, none } = Object.fromEntries(kills);
    assert.ok(enough ? many === 1 : many > 1 && many < 40, `${many} of many`);
    assert.ok(few > 0, "of few");
    assert.deepEqual([one, none], [1, 0]);
    assert.ok(tried.length < 60, `${tried.length} tries`);
  }
});

test("a whole sweep has all of them", async () => {
  const parts = ["1/2", "2/2"].map((part) => sweeps({ [PART_VARIABLE]: part }));
  const all = (await Promise.all(parts)).flat();
  assert.equal(all.length, 2);
  for (const { isWhole, tried, kills } of all) {
    assert.equal(isWhole, true);
    assert.deepEqual(Object.fromEntries(kills), { many: 60, few: 3, one: 1, none: 0 });
    assert.equal(tried.length, 64 + 4, "and of each kind one more, which is not killed");
  }
});

test("where nothing is killed, nothing was tried: it fails", async () => {
  const plan = { stride: 5, most: 20 };
  await assert.rejects(
    killAtCalls("nobody", ["rename", "fsync"], plan, async () => false),
    /nobody: nothing was killed/,
  );
});
