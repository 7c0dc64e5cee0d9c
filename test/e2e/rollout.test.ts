import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CANARIES, DEVICES, OTHERS, RolloutScene, refusedBy, spec } from "./rollouting.ts";

const [FIRST = "", SECOND = ""] = CANARIES;
const CANARY_FIRST = { waves: ["tag:canary"] };
let scene: RolloutScene;

before(async () => {
  scene = await RolloutScene.open(["vpn", "web", "log", "tool"]);
});
after(() => scene[Symbol.asyncDispose]());

test("a canary that fails its script pauses the rollout; repaired and accepted, it goes on to all", async () => {
  await scene.addVersion("vpn", "v2");
  scene.fail(FIRST, true);
  const revision = await scene.spread("vpn", "v2", CANARY_FIRST);
  const paused = await scene.untilStatus(revision, "paused");
  assert.equal(paused.trouble, "breach");
  assert.equal(paused.perWave[0]?.counts?.failed, 1);
  assert.deepEqual(scene.having("vpn", "v1", OTHERS), OTHERS, "it came to nobody else");
  assert.equal(scene.version(FIRST, "vpn"), "v1", "it fell back");
  const params = { revision: `${revision}` };
  const failed = await scene.client.call("listRolloutDevices", { params, query: { progress: "failed" } });
  assert.deepEqual(
    failed.map(({ id }) => id),
    [FIRST],
  );
  await assert.rejects(scene.client.call("resumeRollout", { params, body: {} }), refusedBy("ROLLOUT_STATUS"));
  scene.fail(FIRST, false);
  await scene.client.call("resumeRollout", { params, body: { accept: true } });
  await scene.client.call("retryRollout", { params });
  await scene.untilStatus(revision, "finished");
  await scene.untilAll("vpn", "v2");
});

test("a canary that falls silent after its commit counts as failed, until it is heard of again", async () => {
  await scene.addVersion("web", "v2");
  const plan = { ...CANARY_FIRST, bakeMs: 3_600_000, silenceMs: 5_000 };
  const revision = await scene.spread("web", "v2", plan);
  const counts = (done: number, silent: number) =>
    scene.untilRollout(revision, `${done} done, ${silent} silent`, ({ perWave: [first] }) =>
      Boolean(first?.counts?.done === done && first.counts.silent === silent),
    );
  await counts(2, 0);
  await scene.kill(SECOND);
  assert.equal((await scene.untilStatus(revision, "paused")).trouble, "breach");
  await counts(1, 1);
  assert.deepEqual(scene.having("web", "v2"), CANARIES);
  scene.start(SECOND);
  await counts(2, 0);
  const params = { revision: `${revision}` };
  const resumed = await scene.client.call("resumeRollout", { params, body: {} });
  assert.equal(resumed.status, "running");
  const reverted = await scene.client.call("revertRollout", { params, body: { message: "enough" } });
  assert.equal(reverted.status, "reverted");
  await scene.untilAll("web", "v1");
});

test("with --on-failure revert all go back, and the same content does not come again unless it is said", async () => {
  await scene.addVersion("log", "v2");
  for (const id of OTHERS) scene.fail(id, true);
  const plan = { waves: ["tag:canary", "6"], onFailure: "revert" as const };
  const revision = await scene.spread("log", "v2", plan);
  const reverted = await scene.untilStatus(revision, "reverted");
  assert.equal(reverted.trouble, "breach");
  assert.ok((reverted.endedBy ?? 0) > revision, "another revision made it as it was");
  for (const id of OTHERS) scene.fail(id, false);
  await scene.untilAll("log", "v1");
  const again = [spec("log", "v2")];
  await assert.rejects(
    scene.client.call("apply", { body: { documents: again } }),
    refusedBy("ROLLOUT_REVERTED"),
  );
  await assert.rejects(scene.spread("log", "v2", plan), refusedBy("ROLLOUT_REVERTED"));
  assert.deepEqual(scene.having("log", "v1"), DEVICES);
  const second = await scene.spread("log", "v2", CANARY_FIRST, { again: true });
  await scene.until("the canaries have it", () => scene.having("log", "v2", CANARIES).length === 2);
  await scene.client.call("revertRollout", { params: { revision: `${second}` }, body: {} });
  await scene.untilAll("log", "v1");
});

test("a packet that fits better comes to devices in waves, too", async () => {
  await scene.addVersion("tool", "better", ["v1", "fleet"], { waves: ["tag:canary"], approve: "first" });
  const [live] = await scene.client.call("listRollouts", { query: {} });
  const revision = live?.revision ?? 0;
  await scene.untilStatus(revision, "waiting");
  assert.deepEqual(scene.having("tool", "better"), CANARIES);
  assert.deepEqual(scene.having("tool", "v1"), OTHERS);
  await scene.client.call("approveRollout", { params: { revision: `${revision}` }, body: {} });
  await scene.untilStatus(revision, "finished");
  await scene.untilAll("tool", "better");
});

test("jamesd --max-at-once refuses what changes more devices at once, unless it comes in waves or is said to come now", async () => {
  const { sandbox, client } = scene;
  await sandbox.stopServer();
  await sandbox.startServer("--max-at-once", "3");
  await scene.until("all are back", async () => (await scene.connected()) === DEVICES.length);
  await scene.addVersion("cap", "v1");
  await scene.addVersion("cap", "v2");
  await assert.rejects(
    client.call("apply", { body: { documents: [spec("cap", "v1")] } }),
    refusedBy("TOO_MANY_AT_ONCE"),
  );
  assert.deepEqual(scene.having("cap", undefined), DEVICES);
  await client.call("apply", { body: { documents: [spec("cap", "v1")], rollout: { now: true } } });
  await scene.untilAll("cap", "v1");
  await scene.untilStatus(await scene.spread("cap", "v2", CANARY_FIRST), "finished");
  await scene.untilAll("cap", "v2");
});
