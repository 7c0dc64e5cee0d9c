import assert from "node:assert/strict";
import { test } from "node:test";
import { all, IDS, MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

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

/** A rollout that waits for an approval of a wave with one device, of the tag `big`. */
async function waiting(rollouts: RolloutScene): Promise<number> {
  const { scene } = rollouts;
  await scene.report("z", [], undefined, ["big"]);
  const waves = ["tag:armv7l", "tag:big", "100%"];
  const revision = await rollouts.begin([vpn("v2")], { waves, bakeMs: 0, approve: "each" });
  await all(rollouts);
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "waiting 1");
  return revision;
}

test("a rollout that waits for an approval goes on when nobody is left in the wave that it is for", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await waiting(rollouts);
  await rollouts.pass(10 * MINUTE);
  assert.equal(await rollouts.status(revision), "waiting 1");
  await rollouts.scene.desired.removeDevice("z", true, rollouts.origin);
  await rollouts.pass(5 * MINUTE);
  assert.match(await rollouts.status(revision), /^finished/);
});

test("who cannot have what a rollout brings for now is still in the wave that is to be approved", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await waiting(rollouts);
  const { scene } = rollouts;
  const other = await scene.upload("other", []);
  await scene.wish("z", [{ name: "other", tags: [] }]);
  await scene.remove(other);
  await rollouts.pass(10 * MINUTE);
  assert.equal(await rollouts.status(revision), "waiting 1");
});
