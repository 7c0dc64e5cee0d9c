import assert from "node:assert/strict";
import { test } from "node:test";
import { IDS, MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

test("a wave whose devices are all gone has not passed: it bakes before the next one opens", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"] });
  const [canary = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(canary);
  await rollouts.rounds();
  await rollouts.scene.desired.removeDevice(canary, true, rollouts.origin);
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "running 1");
  await rollouts.pass(14 * MINUTE);
  assert.equal(await rollouts.status(revision), "running 1");
  await rollouts.pass(2 * MINUTE);
  assert.equal(await rollouts.status(revision), "running 2");
});
