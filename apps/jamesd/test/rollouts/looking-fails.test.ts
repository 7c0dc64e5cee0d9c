import assert from "node:assert/strict";
import { test } from "node:test";
import { all, counts, IDS, MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

test("a wave whose devices could not be looked at is not taken for an empty one, and news of them is not lost", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const { devices } = rollouts.scene.fleet;
  const failOnce = (): void => {
    devices.batchesOf = () => {
      Reflect.deleteProperty(devices, "batchesOf");
      throw new Error("the disk does not answer");
    };
  };
  failOnce();
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"] });
  await rollouts.rounds();
  assert.match(rollouts.said.at(-1) ?? "", /could not be looked at/);
  await rollouts.pass(MINUTE);
  assert.equal(await rollouts.status(revision), "running 1");
  failOnce();
  assert.equal((await all(rollouts)).length, 1);
  await rollouts.rounds();
  await rollouts.pass(MINUTE);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1 }]);
});
