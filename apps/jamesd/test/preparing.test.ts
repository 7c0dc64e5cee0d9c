import assert from "node:assert/strict";
import { test } from "node:test";
import { Scene, settled, V1, V2 } from "./scene.ts";

test("what prepares a plan hears at once that something else is wanted, and nothing while it is", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.upload("vpn", ["v2"]);
  await scene.report("d");
  const { target, revision } = await scene.wish("d", [V1]);
  const plan = (await scene.hold("d").reply)?.plan;
  assert.deepEqual([plan?.target, plan?.revision], [target, revision]);
  const preparing = { target, revision, bytes: 3, total: 10 };
  const held = scene.hold("d", [], undefined, { preparing });
  assert.equal(await settled(held.reply), "held");
  const { connected, sync, preparing: shown } = scene.fleet.list.get("d");
  assert.deepEqual([connected, sync, shown], [true, "pending", preparing]);
  assert.deepEqual(scene.fleet.presence.sent("d"), plan?.apps);
  await scene.wish("d", [V2]);
  assert.deepEqual(await held.reply, { leave: true });
  assert.deepEqual(await scene.hold("d", [], undefined, { preparing }).reply, { leave: true });
  const next = (await scene.hold("d").reply)?.plan;
  assert.equal(scene.fleet.list.get("d").preparing, null);
  await scene.wish("d", []);
  const withdrawn = scene.hold("d", [], undefined, {
    preparing: { target: next?.target ?? "", revision: next?.revision ?? 0 },
  });
  assert.deepEqual(await withdrawn.reply, { leave: true }, "it has what is wanted now");
});

test("what ends its question to begin is still connected", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const { target, revision } = await scene.wish("d", [V1]);
  await scene.hold("d").reply;
  const held = scene.hold("d", [], undefined, { preparing: { target, revision } });
  assert.equal(await settled(held.reply), "held");
  held.gone.abort();
  assert.equal(await held.reply, undefined);
  assert.equal(scene.fleet.presence.isConnected("d"), true);
});
