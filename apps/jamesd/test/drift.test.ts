import assert from "node:assert/strict";
import { test } from "node:test";
import { type DriftReport, NO_DRIFT, stateDigest } from "@jamesd/model";
import type { Report } from "../src/device/report.ts";
import { atOnce, from, installed, LONG, ORIGIN, rolledBack, Scene, TAGS, V1 } from "./scene.ts";

/** A report that one file of the vpn is missing. */
const MISSING: DriftReport = {
  ...{ count: 1, repairable: 0, checked: 7, full: 3 },
  apps: [{ name: "vpn", count: 1, kinds: { missing: 1 } }],
  paths: [{ app: "vpn", path: "opt/vpn", kinds: ["missing"] }],
};

/** A device that has the vpn that it should have, and an agent that looks for drift; `say` has it check in. */
async function inSync(scene: Scene, policy = {}) {
  scene.features = ["drift"];
  const packet = await scene.upload("vpn", ["v1"]);
  const apps = [installed(V1, packet)];
  await scene.report("d");
  await scene.wish("d", [V1], undefined, policy);
  await scene.report("d", apps);
  const digest = stateDigest({ systemtags: TAGS, apps });
  const say = (said: Partial<Report> = {}, waitMs = 0) =>
    scene.fleet.checkIns.answer(
      from("d"),
      { digest, ...(scene.followed && { followed: scene.followed }), ...said },
      { ...atOnce(), waitMs },
    );
  const kinds = async () =>
    (
      await scene.repository.events.page({
        limit: 100,
        isLast: false,
        kinds: ["drift", "verify", "verified"],
      })
    ).map((event) =>
      [event.kind, "after" in event ? event.after : undefined].filter((part) => part !== undefined).join(" "),
    );
  return { apps, say, kinds, device: () => scene.fleet.list.get("d") };
}

test("drift is told once, kept, and no part of whether a device is in sync; nothing is repaired unless somebody wants it", async () => {
  await using scene = await Scene.open();
  const { say, kinds, device } = await inSync(scene);
  assert.equal((await device()).drifted, null);
  assert.equal(await say({ drift: MISSING }), undefined);
  assert.equal(await say({ drift: { ...MISSING, checked: 8 } }), undefined);
  assert.deepEqual(
    [(await device()).sync, (await device()).drifted, (await device()).drift?.checked],
    ["in-sync", 1, 8],
  );
  await scene.restart();
  assert.deepEqual((await device()).drift?.paths, MISSING.paths);
  const listed = {
    tags: [],
    app: undefined,
    appTags: [],
    sync: undefined,
    connected: undefined,
    seenSince: undefined,
    seenBefore: undefined,
    issuer: undefined,
    expiresBefore: undefined,
    after: "",
    limit: 9,
  };
  for (const drifted of [true, false])
    assert.equal((await scene.fleet.list.page({ ...listed, drifted })).length, drifted ? 1 : 0);
  await say({ drift: { ...NO_DRIFT, checked: 9 } });
  assert.equal((await device()).drifted, 0);
  assert.deepEqual(await kinds(), ["drift 1", "drift 0"]);
});

test("what a policy wants repaired is ordered, unless the device defers it; the desired state's word counts more than packets'", async () => {
  for (const [policy, repairable, isRepaired] of [
    ["repair", 0, true],
    ["report", 1, false],
    [undefined, 1, true],
    [undefined, 0, false],
  ] as const) {
    await using scene = await Scene.open();
    const { apps, say, device } = await inSync(scene, policy && { drift: policy });
    const order = await say({ drift: { ...MISSING, repairable } });
    assert.equal(order?.plan?.repair, isRepaired || undefined, `${policy}, ${repairable}`);
    if (!order?.plan) continue;
    assert.deepEqual([order.plan.steps, order.plan.apps], [[], apps]);
    assert.equal((await device()).sync, "in-sync", "while it is put right as well");
    const { target } = order.plan;
    const failed = { ...rolledBack(target), revision: order.plan.revision, repair: true as const };
    assert.equal(await say({ transaction: failed, deferred: target }), undefined);
    assert.equal((await device()).sync, "in-sync");
    assert.equal((await scene.fleet.commands.retry("d", ORIGIN)).transaction, failed.id);
    const again = await say({ deferred: target });
    assert.deepEqual([again?.plan?.repair, again?.plan?.retry], [true, failed.id]);
    assert.equal(
      await say({ drift: NO_DRIFT, transaction: { ...failed, id: "2", outcome: "committed" } }),
      undefined,
    );
  }
});

test("a wish for a look at all contents reaches a device that is held, once, and outlives the server until it is answered", async () => {
  await using scene = await Scene.open();
  const { say, kinds } = await inSync(scene);
  const held = say({}, LONG);
  const verify = await scene.fleet.commands.verify("d", ORIGIN);
  assert.deepEqual(await held, { verify });
  assert.equal(await scene.fleet.commands.verify("d", ORIGIN), verify, "one wish at a time");
  assert.equal(await say({ verifying: verify }), undefined);
  await scene.restart();
  assert.deepEqual(await say(), { verify }, "a device that forgot it is told again");
  assert.equal(await say({ verified: verify, drift: MISSING }), undefined);
  assert.equal(await say(), undefined);
  assert.equal((await scene.fleet.list.get("d")).verify, null);
  assert.deepEqual(await kinds(), ["verify", "drift 1", "verified"]);
  assert.notEqual(await scene.fleet.commands.verify("d", ORIGIN), verify);
});

test("an agent that cannot look for drift is not asked to, and what a newer one said before it does not count any more", async () => {
  await using scene = await Scene.open();
  const { apps, say, device } = await inSync(scene, { drift: "repair" });
  await say({ drift: MISSING });
  await scene.fleet.commands.verify("d", ORIGIN);
  scene.features = [];
  assert.equal(await scene.report("d", apps), undefined);
  assert.deepEqual(
    [(await device()).drift, (await device()).verify, (await device()).sync],
    [null, null, "in-sync"],
  );
  await assert.rejects(scene.fleet.commands.verify("d", ORIGIN), { code: "AGENT_TOO_OLD" });
});
