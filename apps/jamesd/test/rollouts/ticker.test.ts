import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Retries } from "../../src/rollouts/retries.ts";
import { Ticker } from "../../src/rollouts/ticker.ts";

/** Work that is told about, and ends when it is let. */
function makeWork() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { begun: promise, begin: resolve };
}

/** Timers of the ticker keep no process alive: this does until the test ends. */
function keepAlive(t: TestContext): void {
  const alive = setInterval(() => undefined, 1000);
  t.after(() => clearInterval(alive));
}

test("work is done soon after something happened, and again when there is more, one piece at a time", async (t) => {
  const rounds: number[] = [];
  let running = 0;
  const { begun, begin } = makeWork();
  const ticker = new Ticker(async () => {
    running += 1;
    rounds.push(running);
    await new Promise(setImmediate);
    ticker.tell();
    running -= 1;
    if (rounds.length === 3) begin();
    return true;
  });
  ticker.tell();
  keepAlive(t);
  await begun;
  await ticker.close();
  assert.deepEqual(rounds, [1, 1, 1]);
});

test("time passes also when nothing happens", async (t) => {
  const { begun, begin } = makeWork();
  const ticker = new Ticker(async () => {
    begin();
    return false;
  });
  keepAlive(t);
  await begun;
  await ticker.close();
});

test("what is under way ends before it is closed, and nothing begins after it", async (t) => {
  const { begun, begin } = makeWork();
  let [began, ended] = [0, 0];
  const ticker = new Ticker(async () => {
    began += 1;
    begin();
    for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
    ended += 1;
    return true;
  });
  ticker.tell();
  keepAlive(t);
  await begun;
  await ticker.close();
  assert.deepEqual([began, ended], [1, 1]);
  ticker.tell();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(began, 1);
});

test("what fails has its turn again after more and more rounds, and at once after it succeeded", () => {
  const retries = new Retries();
  const pauses: number[] = [];
  for (let times = 0; times < 9; times += 1) {
    assert.ok(times > 0 || retries.isTurn("one"));
    retries.failed("one");
    let rounds = 0;
    while (!retries.isTurn("one")) rounds += 1;
    pauses.push(rounds);
  }
  assert.deepEqual(pauses, [0, 2, 6, 14, 30, 60, 60, 60, 60]);
  assert.ok(retries.isTurn("two"), "others go on");
  retries.failed("one");
  retries.succeeded("one");
  assert.ok(retries.isTurn("one"));
});
