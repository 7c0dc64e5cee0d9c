import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { RolloutPlan } from "@jamesd/protocol";
import { CANARIES, DEVICES, OTHERS, RolloutScene, refusedBy, spec } from "./rollouting.ts";

const LATE = "late";
/** Wave 1 are the canaries; then somebody has to approve. */
const ASKING: RolloutPlan = { waves: ["tag:canary"], approve: "first" };
let scene: RolloutScene;

before(async () => {
  const apps = ["changed", "gone", "left", "right", "over", "up", "join", "slow"];
  scene = await RolloutScene.open(apps, [LATE]);
});
after(() => scene[Symbol.asyncDispose]());

async function approve(revision: number): Promise<void> {
  await scene.client.call("approveRollout", { params: { revision: `${revision}` }, body: {} });
}

test("one change adds, changes and removes specs; until its turn a device keeps exactly what it had", async () => {
  for (const [app, version] of [
    ["changed", "v2"],
    ["fresh", "v1"],
  ] as const)
    await scene.addVersion(app, version);
  const documents = [spec("changed", "v2"), spec("fresh", "v1")];
  const remove = [{ kind: "spec" as const, id: "gone" }];
  const rollout = { plan: { ...ASKING, bakeMs: 0 } };
  const { revision = 0 } = await scene.client.call("apply", { body: { documents, remove, rollout } });
  const has = (ids: readonly string[]) => (app: string, version: string | undefined) =>
    assert.deepEqual(scene.having(app, version, [...ids]), ids, `${app} ${version}`);
  await scene.untilStatus(revision, "waiting");
  const [canaries, others, all] = [has(CANARIES), has(OTHERS), has(DEVICES)];
  canaries("changed", "v2");
  canaries("fresh", "v1");
  canaries("gone", undefined);
  others("changed", "v1");
  others("fresh", undefined);
  others("gone", "v1");
  await approve(revision);
  await scene.untilStatus(revision, "finished");
  await scene.untilAll("changed", "v2");
  all("fresh", "v1");
  all("gone", undefined);
});

test("two rollouts that meet on a device both come to it, and each ends by itself", async () => {
  for (const app of ["left", "right"]) await scene.addVersion(app, "v2");
  const left = await scene.spread("left", "v2", ASKING);
  const right = await scene.spread("right", "v2", ASKING);
  for (const revision of [left, right]) await scene.untilStatus(revision, "waiting");
  for (const app of ["left", "right"]) assert.deepEqual(scene.having(app, "v2"), CANARIES, app);
  await approve(right);
  await scene.untilStatus(right, "finished");
  await scene.untilAll("right", "v2");
  assert.deepEqual(scene.having("left", "v1"), OTHERS);
  const params = { revision: `${left}` };
  await scene.client.call("revertRollout", { params, body: {} });
  await scene.untilAll("left", "v1");
  assert.deepEqual(scene.having("right", "v2"), DEVICES);
});

test("one that takes another's place leaves its devices theirs until their turn; its revert goes to what was stable", async () => {
  for (const version of ["v2", "v3"]) await scene.addVersion("over", version);
  const first = await scene.spread("over", "v2", { waves: ["7"], approve: "first" });
  await scene.untilStatus(first, "waiting");
  const admitted = await scene.admitted(first);
  assert.equal(admitted.length, 7);
  assert.deepEqual(scene.having("over", "v2"), admitted);
  await assert.rejects(scene.spread("over", "v3", ASKING), refusedBy("ROLLOUT_ACTIVE"));
  const second = await scene.spread("over", "v3", ASKING, { supersede: true });
  await scene.untilStatus(second, "waiting");
  assert.equal((await scene.rollout(first)).status, "superseded");
  assert.deepEqual(scene.having("over", "v3"), CANARIES);
  const keeping = admitted.filter((id) => !CANARIES.includes(id));
  assert.deepEqual(scene.having("over", "v2"), keeping);
  await scene.client.call("revertRollout", { params: { revision: `${second}` }, body: {} });
  await scene.untilAll("over", "v1");
});

test("promote opens waves whatever is not approved yet, and then all", async () => {
  await scene.addVersion("up", "v2");
  const plan: RolloutPlan = { waves: ["1", "2", "50%"], approve: "each" };
  const revision = await scene.spread("up", "v2", plan);
  await scene.untilStatus(revision, "waiting");
  assert.equal(scene.having("up", "v2").length, 1);
  const params = { revision: `${revision}` };
  await scene.client.call("promoteRollout", { params, body: { wave: 2 } });
  await scene.untilStatus(revision, "waiting");
  assert.deepEqual(scene.having("up", "v2"), await scene.admitted(revision));
  assert.equal(scene.having("up", "v2").length, 3);
  await scene.client.call("promoteRollout", { params, body: {} });
  await scene.untilStatus(revision, "finished");
  await scene.untilAll("up", "v2");
});

test("a pause sends nobody back who is in between, and nobody else begins; at most so many are in between at once", async () => {
  await scene.addVersion("slow", "v2");
  const before = scene.flights().length;
  const flights = (): readonly number[] => scene.flights().slice(before);
  scene.hold(true);
  const revision = await scene.spread("slow", "v2", { waves: ["100%"], inFlight: 2 });
  await scene.until("two began", () => flights().length >= 2);
  const params = { revision: `${revision}` };
  assert.equal((await scene.client.call("pauseRollout", { params, body: {} })).status, "paused");
  scene.hold(false);
  await scene.untilRollout(revision, "two are done", ({ perWave: [all] }) => all?.counts?.done === 2);
  await scene.client.call("retryRollout", { params });
  assert.equal(scene.having("slow", "v2").length, 2, "nobody else began");
  await scene.client.call("resumeRollout", { params, body: {} });
  await scene.untilStatus(revision, "finished");
  await scene.until("all scripts have ended", () => flights().length === 2 * DEVICES.length);
  assert.deepEqual(scene.having("slow", "v2"), DEVICES);
  let [inBetween, most] = [0, 0];
  for (const step of flights()) {
    inBetween += step;
    most = Math.max(most, inBetween);
  }
  assert.deepEqual([inBetween, most <= 2], [0, true], `${most} at once`);
});

test("a device that joins midway has what is stable, and the next with its wave", async () => {
  await scene.addVersion("join", "v2");
  const revision = await scene.spread("join", "v2", ASKING);
  await scene.untilStatus(revision, "waiting");
  scene.start(LATE);
  await scene.until("it has what is stable", () => scene.version(LATE, "join") === "v1");
  await approve(revision);
  await scene.untilStatus(revision, "finished");
  await scene.until("it has the next", () => scene.version(LATE, "join") === "v2");
});
