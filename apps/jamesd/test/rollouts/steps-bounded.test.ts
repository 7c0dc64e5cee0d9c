import assert from "node:assert/strict";
import { test } from "node:test";
import { counts, IDS, MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

test("a device that says now this and now that has few steps written", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const { scene } = rollouts;
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"] });
  const [canary = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  const before = rollouts.devices.get(canary)?.apps ?? [];
  await rollouts.carryOut(canary);
  const after = rollouts.devices.get(canary)?.apps ?? [];
  await rollouts.rounds();
  for (let second = 0; second < 120; second += 1) {
    scene.now += 1000;
    await scene.report(canary, second % 2 ? after : before);
    await rollouts.rounds();
  }
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1 }]);
  assert.equal(await rollouts.status(revision), "running 1");
  const { step } = await rollouts.rollout(revision);
  assert.ok(step <= 8, `${step} steps`);
  // Success that holds counts from when it is written.
  await rollouts.pass(15 * MINUTE);
  assert.equal(await rollouts.status(revision), "running 1");
  await rollouts.pass(2 * MINUTE);
  assert.equal(await rollouts.status(revision), "running 2");
});
