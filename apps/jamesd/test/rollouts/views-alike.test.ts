import assert from "node:assert/strict";
import { test } from "node:test";
import { RolloutScene, vpn } from "./rollout-scene.ts";

test("all devices are looked at again after a change of specs, packets or waves, and not when one gets something of its own", async () => {
  await using rollouts = await RolloutScene.open(["a", "b"]);
  const { scene } = rollouts;
  const { targets } = scene.fleet;
  const isAlike = async (change: () => Promise<unknown>): Promise<boolean> => {
    const before = targets.current;
    await change();
    assert.notEqual(targets.current, before);
    return before.isAlikeButOwn(targets.current) && targets.current.isAlikeButOwn(before);
  };
  assert.ok(await isAlike(() => scene.wish("a", [vpn("v3")])));
  assert.ok(await isAlike(() => scene.desired.removeDevice("a", true, rollouts.origin)));
  assert.ok(!(await isAlike(() => rollouts.apply([vpn("v1")], "t"))), "a spec");
  assert.ok(!(await isAlike(() => scene.upload("vpn", ["v4"]))), "a packet");
  let revision = 0;
  const begin = async (): Promise<void> => {
    revision = await rollouts.begin([vpn("v1"), { name: "ntp", tags: [] }], { waves: ["1", "2"] });
  };
  assert.ok(!(await isAlike(begin)), "a rollout");
  assert.ok(await isAlike(() => scene.wish("b", [vpn("v3")])), "beside a rollout");
  assert.ok(!(await isAlike(() => rollouts.tell(revision, { kind: "promote", wave: 2 }))), "a wave");
  assert.ok(!(await isAlike(() => rollouts.tell(revision, { kind: "revert" }))), "a rollout is over");
});
