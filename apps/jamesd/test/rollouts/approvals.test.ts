import assert from "node:assert/strict";
import { test } from "node:test";
import { all, IDS, RolloutScene, vpn } from "./rollout-scene.ts";

test("nobody is asked to approve a wave without devices, and who comes new goes into none without an approval", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const waves = [String(IDS.length), "tag:nobody", "tag:late", "100%"];
  const revision = await rollouts.begin([vpn("v2")], { waves, bakeMs: 0, approve: "each" });
  await all(rollouts);
  await rollouts.rounds();
  assert.match(await rollouts.status(revision), /^finished/);
  const opened = (await rollouts.rollout(revision)).waves.map(({ ids }) => ids.length);
  assert.deepEqual(opened, [IDS.length, 0, 0, 0]);
});

test("where the second wave has no devices, the approval that is wanted before it is asked for before the next that has", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const waves = ["1", "tag:nobody", "tag:late", "3", "100%"];
  const revision = await rollouts.begin([vpn("v2")], { waves, bakeMs: 0, approve: "first" });
  await all(rollouts);
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "waiting 3");
  await rollouts.tell(revision, { kind: "approve", wave: 4 });
  await all(rollouts);
  await all(rollouts);
  await rollouts.rounds();
  assert.match(await rollouts.status(revision), /^(running|finished) 5$/);
});
