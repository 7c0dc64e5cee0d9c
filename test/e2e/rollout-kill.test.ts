import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { pick, seedFor, sweepTest } from "@jamesd/testkit";
import { RolloutScene } from "./rollouting.ts";

/** So many changes spread in a whole sweep; in a sample one. */
const CHANGES = Array.from({ length: 12 }, (_, i) => i + 1);
const KILLS = 3;
/** About as long as it takes until a change is everywhere. */
const SPREAD_MS = 6_000;
const WAVES = ["1", "4", "50%"];

/** Kills the server some time from now and starts it again. Whoever has a version by then was admitted. */
async function kill(scene: RolloutScene, revision: number, version: string, label: string): Promise<void> {
  const before = await scene.rollout(revision);
  await sleep(Math.abs(seedFor(label)) % (SPREAD_MS / KILLS));
  await scene.sandbox.stopServer("SIGKILL");
  await scene.sandbox.startServer();
  const having = scene.having("app", version);
  const admitted = new Set(await scene.admitted(revision));
  const { step, wave, status } = await scene.rollout(revision);
  const others = having.filter((id) => !admitted.has(id));
  // Of one that is over it is not said whom it admitted: all.
  if (status !== "finished") assert.deepEqual(others, [], `${label}: only who was admitted has it`);
  assert.ok(step >= before.step && wave >= before.wave, `${label}: no step is forgotten`);
}

sweepTest(
  "killed at any time while a change spreads, a server goes on with the rollout where it was",
  {},
  async (t) => {
    await using scene = await RolloutScene.open(["app"]);
    for (const change of pick("rollout-kill", CHANGES, 1)) {
      const version = `v${change + 1}`;
      await scene.addVersion("app", version);
      const revision = await scene.spread("app", version, { waves: WAVES });
      for (let i = 1; i <= KILLS; i += 1) await kill(scene, revision, version, `change ${change}, kill ${i}`);
      const { steps } = await scene.untilStatus(revision, "finished");
      t.diagnostic(`change ${change}: ${steps.length} steps`);
      const waves = steps.map(({ wave }) => wave);
      assert.deepEqual(waves, waves.toSorted(), "wave after wave");
      await scene.untilAll("app", version);
    }
  },
);
