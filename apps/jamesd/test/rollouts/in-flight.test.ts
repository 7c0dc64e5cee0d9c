import assert from "node:assert/strict";
import { test } from "node:test";
import { IDS, MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

for (const isKilled of [false, true])
  test(`no more are in between than may be, also when the server ${isKilled ? "was killed" : "ended"} meanwhile`, async () => {
    await using rollouts = await RolloutScene.open(IDS);
    rollouts.scene.now += MINUTE;
    const revision = await rollouts.begin([vpn("v2")], { waves: ["3"], inFlight: 1 });
    const [first = "", second = "", third = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
    const isTold = async (id: string) => (await rollouts.ask(id)).plan !== undefined;
    // It says nothing that would be written.
    const { scene, devices } = rollouts;
    const order = await scene.hold(first, devices.get(first)?.apps).reply;
    const { lastSeen } = (await scene.repository.devices.get(first)) ?? {};
    assert.ok(order && "plan" in order);
    assert.equal(lastSeen, scene.now, "that it was there is written before it is told");
    assert.equal(await isTold(second), false);
    await rollouts.restart(0, isKilled);
    assert.equal(await isTold(second), false, "it is not known yet who is in between");
    await rollouts.rounds();
    assert.equal(await isTold(second), false, "the first may be");
    assert.equal(await isTold(third), false, "it comes back and has begun nothing, but the first may have");
    await rollouts.rounds();
    assert.deepEqual([await isTold(second), await isTold(third)], [false, false]);
    assert.equal(await isTold(first), true, "it had begun nothing, and has its place still");
    await rollouts.rounds();
    assert.equal(await isTold(second), false, "now it may be in between");
    await rollouts.carryOut(first);
    await rollouts.rounds();
    assert.equal(await isTold(second), true);
  });
