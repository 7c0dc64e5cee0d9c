import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openWave, parseContent, parseRollout, type Run } from "@jamesd/model";
import { memoryFolder } from "@jamesd/testkit";
import fc from "fast-check";
import { RunningTime } from "../../src/rollouts/running-time.ts";
import { openSqliteRepository } from "../../src/sqlite/open.ts";

const SPEC = {
  kind: "spec" as const,
  id: "s",
  content: parseContent({ selector: [], apps: [], policy: {} }),
};
const ORIGIN = { author: "olga", address: "10.0.0.1" };
const START = 1_000_000;

/** A repository in which a rollout began, so that it keeps when the server ran since then. */
async function repositoryWithRollout() {
  const repository = await openSqliteRepository(join(memoryFolder("jamesd-runs-"), "jamesd.db"));
  const settings = parseRollout({});
  const wave = openWave({ devices: 1 }, { population: [], opened: [], seed: 1 });
  const request = { ...ORIGIN, time: START, message: "" };
  await repository.documents.commit([SPEC], request, undefined, {
    rollout: { settings, seed: 1, wave, supersedes: [] },
  });
  return { runs: repository.runs, [Symbol.asyncDispose]: () => repository.close() };
}

test("time passes as long as the server runs, and not while it does not", async () => {
  let now = START;
  await using repository = await repositoryWithRollout();
  const first = await RunningTime.open(repository.runs, 0, { now: () => now });
  now += 50_000;
  assert.equal(first.ran(START), 50_000);
  await first.close();
  now += 3_600_000;
  const second = await RunningTime.open(repository.runs, 0, { now: () => now });
  assert.equal(second.ran(START), 50_000);
  now += 20_000;
  assert.equal(second.ran(START), 70_000);
  assert.equal(second.ran(1_040_000), 30_000, "since a time within an earlier run");
  assert.equal(second.ran(now - 5_000), 5_000);
  assert.equal(second.ran(now + 5_000), 0, "since a time that has not come");
  await second.close();
});

test("a machine that slept, or whose clock was set, did not run meanwhile", async () => {
  let now = START;
  await using repository = await repositoryWithRollout();
  const running = await RunningTime.open(repository.runs, 0, { now: () => now });
  now += 10_000;
  running.reached();
  now += 3_600_000;
  assert.equal(running.ran(START), 10_000, "forward");
  now += 10_000;
  assert.equal(running.ran(START), 20_000);
  await running.close();
  now += 3_000_000;
  const next = await RunningTime.open(repository.runs, 0, { now: () => now });
  assert.equal(next.ran(START), 20_000, "as it was written down");
  await next.close();
});

test("a clock that is set back has no more time passed than really did, and in the end as much", async () => {
  await using repository = await repositoryWithRollout();
  let now = START;
  const running = await RunningTime.open(repository.runs, 0, { now: () => now });
  let passed = 0;
  const pass = (ms: number): void => {
    now += ms;
    passed += ms;
    assert.ok(running.ran(START) <= passed);
  };
  for (let i = 0; i < 30; i += 1) pass(60_000);
  now -= 600_000;
  const back = now;
  pass(0);
  assert.equal(running.ran(back), 0, "who is heard of now is not unheard");
  assert.equal(running.ran(back + 300_000), 0, "nor who was heard of later, by the clock as it was");
  for (let i = 0; i < 10; i += 1) pass(60_000);
  assert.equal(running.ran(back), 600_000);
  assert.equal(running.ran(START), passed);
  await running.close();
  const next = await RunningTime.open(repository.runs, 0, { now: () => now });
  assert.equal(next.ran(START), passed, "as it was written down");
  await next.close();
});

test("killed, it ran no longer than it had written down", async () => {
  let now = START;
  await using repository = await repositoryWithRollout();
  const killed = await RunningTime.open(repository.runs, 0, { now: () => now });
  now += 30_000;
  await killed.note();
  now += 9_000;
  killed.reached();
  const next = await RunningTime.open(repository.runs, 0, { now: () => now });
  assert.equal(next.ran(START), 30_000);
  for (const one of [killed, next]) await one.close();
});

test("every ten seconds it is written down until when it ran, while that is asked for", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now = START;
  let isAsked = false;
  const noted: number[] = [];
  const store = { note: async ({ until }: Run) => void noted.push(until), since: async () => [] };
  const running = await RunningTime.open(store, 0, { now: () => now }, () => isAsked);
  const pass = async (): Promise<readonly number[]> => {
    now += 10_000;
    t.mock.timers.tick(10_000);
    await new Promise(setImmediate);
    return noted.splice(0);
  };
  assert.deepEqual(await pass(), [START], "when it began, and not again");
  assert.deepEqual(await pass(), []);
  isAsked = true;
  assert.deepEqual([await pass(), await pass()], [[START + 30_000], [START + 40_000]]);
  await running.close();
});

test("time never runs backwards, and is that in which it was looked at often enough", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 60_000 }) }),
    fc.record({ kind: fc.constant("sleep" as const), ms: fc.integer({ min: 60_001, max: 10_000_000 }) }),
    fc.record({ kind: fc.constant("restart" as const), ms: fc.integer({ min: 0, max: 10_000_000 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      let now = START;
      await using repository = await repositoryWithRollout();
      let running = await RunningTime.open(repository.runs, 0, { now: () => now });
      let expected = 0;
      for (const { kind, ms } of steps) {
        if (kind === "restart") await running.close();
        now += ms;
        if (kind === "restart") running = await RunningTime.open(repository.runs, 0, { now: () => now });
        if (kind === "pass") expected += ms;
        assert.equal(running.ran(START), expected);
        if (kind !== "sleep") await running.note();
      }
      await running.close();
    }),
    { numRuns: 40 },
  );
});

test("what this process counted is whole milliseconds, whatever was set or stopped meanwhile", async () => {
  let [now, monotonic] = [START, 0.7];
  await using repository = await repositoryWithRollout();
  const running = await RunningTime.open(repository.runs, 0, { now: () => now, monotonic: () => monotonic });
  const counted: number[] = [];
  for (const [ms, setBy] of [
    [0.4, 0],
    [0.9, -3_600_000],
    [1000.3, 3_600_000],
    // It was stopped.
    [60_001, 0],
    [59_999.2, 0],
  ] as const) {
    monotonic += ms;
    now += setBy;
    counted.push(running.counted());
  }
  assert.deepEqual(counted, [0, 1, 1001, 1001, 61_000]);
  await running.close();
});

test("what passes while nobody asks is counted all the same, for it is looked at whenever something is written down", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let monotonic = 0;
  const store = { note: async () => undefined, since: async () => [] };
  const running = await RunningTime.open(store, 0, { now: () => START, monotonic: () => monotonic });
  for (let i = 0; i < 12; i += 1) {
    monotonic += 10_000;
    t.mock.timers.tick(10_000);
    await new Promise(setImmediate);
  }
  assert.equal(running.counted(), 120_000);
  await running.close();
});
