import assert from "node:assert/strict";
import { test } from "node:test";
import { type InstalledApp, parseRollout, type RolloutSettings, told } from "@jamesd/model";
import type { Order } from "../src/device/order.ts";
import { rolloutOf, waveOf } from "./rollouts-world.ts";
import { installed, LONG, ORIGIN, rolledBack, Scene, settled, V1, V2 } from "./scene.ts";

const MESSAGE = { ...ORIGIN, message: "" };
const SPEC = { kind: "spec" as const, id: "s" };
const IDS = ["a", "b", "c"] as const;

/** A fleet of three which have the first version, and a rollout of the second for these. */
async function begun(ids: readonly string[], settings: Partial<RolloutSettings> = {}) {
  const scene = await Scene.open();
  const [first, second] = [await scene.upload("vpn", ["v1"]), await scene.upload("vpn", ["v2"])];
  const [v1, v2] = [installed(V1, first), installed(V2, second)];
  const say = (apps = [V1]) => [{ ...SPEC, content: { selector: ["armv7l"], apps, policy: {} } }];
  await scene.repository.documents.commit(say(), MESSAGE);
  await scene.fleet.follower.follow();
  for (const id of IDS) await scene.bring(id, [v1]);
  const rollout = rolloutOf(ids, {
    settings: { ...parseRollout({ waves: ["tag:x", "tag:y"] }), ...settings },
    wave: waveOf(ids, IDS),
  });
  const { revision } = await scene.repository.documents.commit(say([V2]), MESSAGE, undefined, { rollout });
  await scene.fleet.follower.follow();
  return { scene, revision, v1, v2, say };
}

/** Somebody tells the newest rollout something, at its newest step. */
async function tell({ repository, fleet }: Scene, kind: "pause" | "resume"): Promise<void> {
  const { revision, step, state } = fleet.targets.rollouts.at(-1) ?? assert.fail("there is one");
  const verb = kind === "pause" ? { kind } : { kind, isBreached: false };
  await repository.rollouts.step(revision, step, { state: told(state, verb, 2, 1) }, MESSAGE);
  await fleet.follower.follow();
}

function isPlan(order: Order | undefined | "held"): boolean {
  return order !== undefined && order !== "held" && "plan" in order;
}

function committed(target: string, apps: readonly InstalledApp[]) {
  const { error: _, ...transaction } = rolledBack(target);
  return [apps, { ...transaction, outcome: "committed" as const }] as const;
}

test("a rollout that is paused gives nobody a plan, sends nobody back, and goes on with those who wait", async () => {
  const { scene, v1, v2 } = await begun(["a", "b"]);
  await using _ = scene;
  assert.ok(isPlan(await scene.report("a", [v1])));
  const target = (await scene.fleet.devices.get("a"))?.target?.digest ?? "";
  const preparing = { target, revision: 2 };
  await scene.report("a", ...committed(target, [v2]));
  await tell(scene, "pause");
  assert.equal(await scene.report("a", [v2]), undefined);
  assert.equal(await scene.report("b", [v1]), undefined);
  const held = scene.hold("b", [v1]);
  const prepared = scene.hold("b", [v1], undefined, { preparing });
  assert.deepEqual(await prepared.reply, { leave: true });
  assert.equal(await held.reply, undefined);
  const again = scene.hold("b", [v1]);
  assert.equal(await settled(again.reply), "held");
  await tell(scene, "resume");
  assert.ok(isPlan(await again.reply));
});

test("who has what a paused rollout brings, and who is not admitted, get what else is wanted for them", async () => {
  const { scene, v1, v2 } = await begun(["a", "b"]);
  await using _ = scene;
  await scene.report("a", ...committed((await scene.fleet.devices.get("a"))?.target?.digest ?? "", [v2]));
  await tell(scene, "pause");
  const web = await scene.upload("web", ["v1"]);
  const content = { selector: [], apps: [{ name: "web", tags: ["v1"] }], policy: {} };
  const all = IDS.map((id) => ({ kind: "device" as const, id, content }));
  await scene.repository.documents.commit(all, MESSAGE);
  await scene.fleet.follower.follow();
  const orders = [
    await scene.report("a", [v2]),
    await scene.report("b", [v1]),
    await scene.report("c", [v1]),
  ];
  assert.deepEqual(orders.map(isPlan), [true, false, true]);
  assert.ok(web);
});

test("of a rollout that was taken the place of nobody begins any more, and its followers are as they are told", async () => {
  const { scene, revision, v1, say } = await begun(["a", "b"]);
  await using _ = scene;
  await scene.upload("vpn", ["v3"]);
  const rollout = rolloutOf(["b"], { wave: waveOf(["b"], IDS), supersedes: [revision] });
  const newest = say([{ name: "vpn", tags: ["v3"] }]);
  await scene.repository.documents.commit(newest, MESSAGE, undefined, { rollout });
  await scene.fleet.follower.follow();
  const orders = [
    await scene.report("a", [v1]),
    await scene.report("b", [v1]),
    await scene.report("c", [v1]),
  ];
  assert.deepEqual(orders.map(isPlan), [false, true, false]);
});

test("only so many are in between at once: the next begins when it is judged what came of one", async () => {
  const { scene, revision, v1, v2 } = await begun(IDS, { inFlight: 1 });
  await using _ = scene;
  const target = (await scene.fleet.devices.get("a"))?.target?.digest ?? "";
  assert.ok(isPlan(await scene.report("a", [v1])));
  assert.equal(await scene.report("b", [v1]), undefined);
  const [b, c] = [scene.hold("b", [v1]), scene.hold("c", [v1])];
  assert.deepEqual([await settled(b.reply), await settled(c.reply)], ["held", "held"]);
  await scene.report("a", ...committed(target, [v2]));
  assert.equal(await settled(b.reply), "held", "what came of it may stop the rollout");
  scene.fleet.admission.judged();
  assert.ok(isPlan(await b.reply));
  assert.equal(await settled(c.reply), "held");
  // It prepares the plan, and holds its place also while something else that it says is written.
  const drift = { count: 0, repairable: 0, apps: [], paths: [], checked: 1, full: null };
  const prepares = scene.hold("b", [v1], undefined, { preparing: { target, revision }, drift });
  assert.equal(await settled(prepares.reply), "held");
  assert.equal(await settled(c.reply), "held");
  const failed = scene.hold("b", [v1], target, { transaction: { ...rolledBack(target), revision } });
  assert.deepEqual([await settled(failed.reply), await settled(c.reply)], ["held", "held"]);
  await tell(scene, "pause");
  scene.fleet.admission.judged();
  assert.equal(await settled(c.reply), "held", "its failure stopped it");
  await tell(scene, "resume");
  assert.ok(isPlan(await c.reply));
});

test("who says that it prepares for ever keeps nobody from it", async () => {
  const { scene, v1 } = await begun(IDS, { inFlight: 1, silenceMs: LONG });
  await using _ = scene;
  assert.ok(isPlan(await scene.report("a", [v1])));
  const { digest: target = "", wanted } = (await scene.fleet.devices.get("a"))?.target ?? {};
  const preparing = { target, revision: wanted?.revision ?? 0 };
  scene.now += LONG - 1;
  assert.equal(await settled(scene.hold("a", [v1], undefined, { preparing }).reply), "held");
  assert.equal(await scene.report("b", [v1]), undefined);
  scene.now += 1;
  assert.ok(isPlan(await scene.report("b", [v1])));
});

test("who fell silent in between keeps nobody from it", async () => {
  const { scene, v1 } = await begun(IDS, { inFlight: 1, silenceMs: LONG });
  await using _ = scene;
  assert.ok(isPlan(await scene.report("a", [v1])));
  scene.now += LONG - 1;
  assert.equal(await scene.report("b", [v1]), undefined);
  scene.now += 1;
  assert.ok(isPlan(await scene.report("b", [v1])));
  assert.equal(await scene.report("c", [v1]), undefined);
});

test("after a new start who says that it prepares is in between, also when there are more than may be", async () => {
  const { scene, v1 } = await begun(IDS, { inFlight: 1 });
  await using _ = scene;
  assert.ok(isPlan(await scene.report("a", [v1])));
  await scene.restart();
  const { digest: target = "", wanted } = (await scene.fleet.devices.get("a"))?.target ?? {};
  const preparing = { target, revision: wanted?.revision ?? 0 };
  for (const id of ["a", "b"])
    assert.equal(await settled(scene.hold(id, [v1], undefined, { preparing }).reply), "held");
  assert.equal(await scene.report("c", [v1]), undefined);
});

test("after a new start nobody begins before it is told who may be in between, nor as long as these are too many", async () => {
  const { scene, revision, v1, v2 } = await begun(IDS, { inFlight: 1, silenceMs: LONG });
  await using _ = scene;
  assert.ok(isPlan(await scene.report("a", [v1])));
  const target = (await scene.fleet.devices.get("a"))?.target?.digest ?? "";
  await scene.restart();
  const { admission } = scene.fleet;
  const held = scene.hold("b", [v1]);
  assert.equal(await settled(held.reply), "held");
  assert.deepEqual(admission.untold, [revision]);
  // Of b was heard: it is not in between.
  admission.told(revision, ["a", "b"]);
  assert.deepEqual(admission.untold, []);
  assert.equal(await settled(held.reply), "held");
  await scene.report("a", ...committed(target, [v2]));
  assert.equal(await settled(held.reply), "held", "what came of it may stop the rollout");
  admission.judged();
  assert.ok(isPlan(await held.reply));
});

test("who comes back after a new start and still prepares is in between once, not twice", async () => {
  const { scene, revision, v1 } = await begun(IDS, { inFlight: 2, silenceMs: LONG });
  await using _ = scene;
  assert.ok(isPlan(await scene.report("a", [v1])));
  await scene.restart();
  scene.fleet.admission.told(revision, ["a"]);
  const { digest: target = "", wanted } = (await scene.fleet.devices.get("a"))?.target ?? {};
  const preparing = { target, revision: wanted?.revision ?? 0 };
  assert.equal(await settled(scene.hold("a", [v1], undefined, { preparing }).reply), "held");
  assert.ok(isPlan(await scene.report("b", [v1])));
  assert.equal(await scene.report("c", [v1]), undefined);
});

test("who does not come back after a new start keeps nobody from it for longer than silence", async () => {
  const { scene, revision, v1 } = await begun(IDS, { inFlight: 1, silenceMs: LONG });
  await using _ = scene;
  await scene.restart();
  scene.fleet.admission.told(revision, ["a"]);
  scene.now += LONG - 1;
  assert.equal(await scene.report("b", [v1]), undefined);
  scene.now += 1;
  assert.ok(isPlan(await scene.report("b", [v1])));
});
