import assert from "node:assert/strict";
import { test } from "node:test";
import { all, IDS, RolloutScene } from "./rollout-scene.ts";

test("a rollout of a packet is taken back by taking the packet away", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const { scene } = rollouts;
  await scene.upload("vpn", ["armv7l"]);
  await rollouts.apply([{ name: "vpn", tags: [] }]);
  await all(rollouts);
  const revision = await rollouts.beginPacket("vpn", ["armv7l", "systemd"], { waves: ["2"] });
  const given = await all(rollouts);
  assert.equal(given.length, 2);
  const { packet } = await rollouts.rollout(revision);
  const brought = () => rollouts.rolling.rollouts.packets(revision);
  const before = [...scene.catalogue.named("vpn")].find(({ tags }) => `${tags}` === "armv7l");
  assert.deepEqual(await brought(), [
    {
      ...{ name: "vpn", devices: 10, from: { digest: before?.digest, tags: ["armv7l"] } },
      to: { digest: packet, tags: ["armv7l", "systemd"] },
    },
  ]);
  const having = () =>
    [...rollouts.devices.values()].filter(({ apps }) => apps.some(({ digest }) => digest === packet)).length;
  assert.equal(having(), 2);
  const scope = { devices: [], packets: ["other"] };
  await assert.rejects(rollouts.tell(revision, { kind: "revert" }, { scope }), { code: "SCOPE_EXCEEDED" });
  await rollouts.tell(revision, { kind: "revert" });
  assert.equal(await rollouts.status(revision), "reverted 1");
  assert.ok((await rollouts.rollout(revision)).endedBy);
  assert.equal(scene.catalogue.get(packet ?? ""), undefined);
  assert.deepEqual(await all(rollouts), given);
  assert.equal(having(), 0);
  assert.deepEqual(await brought(), [], "it brings nothing any more");
});
