import assert from "node:assert/strict";
import { test } from "node:test";
import { Drain } from "../src/fleet/drain.ts";
import { Scene } from "./scene.ts";

/** So many that are held, and how many were let go. */
function holding(count: number) {
  let gone = 0;
  const wake = () => {
    gone += 1;
  };
  const held = Array.from({ length: count }, () => ({ wake }));
  return { held, gone: () => gone };
}

test("they are let go spread over the time; a few at once, and all when there is none", async (t) => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const [count, ms, each] of [
    [1000, 1000, 100],
    [10_000, 10_000, 100],
    [120, 10_000, 50],
    [1000, 0, 1000],
  ] as const) {
    const { held, gone } = holding(count);
    const ended = new Drain(ms, () => 0).letGo(held);
    for (let expected = each; expected < count + each; expected += each) {
      assert.equal(gone(), Math.min(count, expected));
      await settle();
      t.mock.timers.tick(100);
      await settle();
    }
    await ended;
  }
  await new Drain(1000, () => 0).letGo([]);
});

test("who is refused comes back when all are let go, and then at random, as fast as they can be let in", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  assert.equal(new Drain(10_000, () => 0.99).comeBackMs(), undefined);
  for (const [random, least, most] of [
    [0, 9000, 9900],
    [0.5, 19_000, 19_900],
    [0.999, 28_000, 29_900],
  ] as const) {
    const drain = new Drain(10_000, () => random);
    void drain.letGo(holding(10_000).held);
    const ms = drain.comeBackMs() ?? 0;
    assert.ok(ms > least && ms <= most, `${ms}`);
  }
  const few = new Drain(10_000, () => 0.99);
  await few.letGo(holding(20).held);
  assert.equal(few.comeBackMs(), undefined, "in a moment");
});

test("a server that stops is told of to who is held and to who comes then", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const isHeld = async () => {
    while (scene.fleet.holding.held === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  const stopped = assert.rejects(scene.hold("d").reply, { code: "SERVER_STOPPING" });
  await isHeld();
  await scene.fleet.close();
  await stopped;
  await assert.rejects(scene.hold("d").reply, { code: "SERVER_STOPPING" });
});
