import assert from "node:assert/strict";
import { test } from "node:test";
import { counts, IDS, MINUTE, RolloutScene, some, vpn } from "./rollout-scene.ts";

test("how many devices were where is noted as it goes on, and when it ends however that is", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["2", "50%"], failures: 1 });
  const noted = async (of = revision): Promise<readonly object[]> =>
    (await rollouts.rolling.rollouts.counts(of)).map(({ waves }) => waves.map(some));
  await rollouts.rounds();
  assert.deepEqual(await noted(), [[{ busy: 2 }], [{ busy: 2 }]], "noted, and as it is now");
  const [broken = "", good = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(broken, "rolled-back");
  await rollouts.rounds();
  assert.deepEqual((await noted()).length, 2, "too soon after the first");
  await rollouts.pass(MINUTE);
  assert.deepEqual((await noted())[1], [{ busy: 1, failed: 1 }]);
  await rollouts.pass(10 * MINUTE);
  assert.deepEqual((await noted()).length, 3, "what is as before is not noted again");
  await rollouts.carryOut(good);
  await rollouts.tell(revision, { kind: "revert" });
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, failed: 1 }]);
  await rollouts.restart();
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, failed: 1 }]);
  const [listed] = await rollouts.rolling.rollouts.list({ limit: 1 });
  assert.deepEqual([listed?.admitted, listed?.counts?.map(some)], [2, [{ done: 1, failed: 1 }]]);
  const first = await rollouts.begin([vpn("v3")], { waves: ["3"] });
  await rollouts.rounds();
  const second = await rollouts.begin([vpn("v2")], { waves: ["1"] }, "s", [first]);
  assert.deepEqual((await noted(first)).at(-1), [{ busy: 1, unreached: 2 }], "its place was taken");
  await assert.rejects(rollouts.rolling.rollouts.counts(second + 1), { code: "ROLLOUT_UNKNOWN" });
});
