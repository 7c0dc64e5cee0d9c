import assert from "node:assert/strict";
import { test } from "node:test";
import { all, HOUR, IDS, MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

const YEAR = 365 * 24 * HOUR;

for (const byMs of [-HOUR, -YEAR, HOUR, YEAR])
  test(`a wave bakes as long as it should though the clock is set by ${byMs / HOUR} hours`, async () => {
    await using rollouts = await RolloutScene.open(IDS);
    const revision = await rollouts.begin([vpn("v2")], { waves: ["2"] });
    await all(rollouts);
    await rollouts.rounds();
    await rollouts.pass(5 * MINUTE);
    rollouts.setClock(byMs);
    const { baking, next } = await rollouts.rolling.rollouts.get(revision);
    assert.deepEqual([baking, next?.inMs], [{ heldMs: 5 * MINUTE, ofMs: 15 * MINUTE }, 10 * MINUTE]);
    await rollouts.pass(9 * MINUTE);
    assert.equal(await rollouts.status(revision), "running 1");
    await rollouts.pass(2 * MINUTE);
    assert.equal(await rollouts.status(revision), "running 2");
  });

test("where the clock is set back and the server started anew, a wave bakes once more at the most", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["2"] });
  await rollouts.pass(30 * MINUTE);
  await all(rollouts);
  await rollouts.pass(5 * MINUTE);
  rollouts.setClock(-YEAR);
  await rollouts.restart();
  await rollouts.pass(14 * MINUTE);
  assert.equal(await rollouts.status(revision), "running 1");
  await rollouts.pass(2 * MINUTE);
  assert.equal(await rollouts.status(revision), "running 2");
});
