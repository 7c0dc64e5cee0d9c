import assert from "node:assert/strict";
import { test } from "node:test";
import { LONG, ORIGIN, Scene, settled } from "./scene.ts";

const HOUR = LONG;

test("a device is heard of as long as it holds a check-in, and until that ended", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const { presence } = scene.fleet;
  const began = scene.now;
  const { reply, gone } = scene.hold("d");
  await settled(reply);
  scene.now += HOUR;
  assert.deepEqual([presence.heard("d"), presence.lastSeen("d")], [scene.now, began]);
  gone.abort();
  await reply;
  const left = scene.now;
  scene.now += HOUR;
  assert.deepEqual([presence.heard("d"), presence.lastSeen("d")], [left, left]);
  assert.equal(presence.heard("e"), undefined);
});

test("who is held when the server ends was heard of until then, also for the next start", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const { reply } = scene.hold("d");
  const refused = assert.rejects(reply);
  await settled(reply.catch(() => undefined));
  scene.now += HOUR;
  await scene.restart();
  await refused;
  assert.equal((await scene.fleet.devices.known("d")).record.lastSeen, scene.now);
});

test("when devices were last seen is written when that is asked for", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  scene.now += HOUR;
  await scene.checkIn("d", {});
  await scene.fleet.flushSeen();
  assert.equal((await scene.repository.devices.get("d"))?.lastSeen, scene.now);
});

test("there is news of a device that checks in, reports, is removed, or is to have or try something of its own", async () => {
  await using scene = await Scene.open();
  await scene.failed();
  const told = new Set<string>();
  const end = scene.fleet.devices.news.listen((id) => told.add(id));
  const isTold = async (work: () => Promise<unknown>): Promise<boolean> => {
    told.clear();
    await work();
    return told.has("d");
  };
  assert.ok(await isTold(() => scene.checkIn("d", {})), "checks in");
  assert.ok(await isTold(() => scene.fleet.commands.retry("d", ORIGIN)), "is to try again");
  assert.ok(await isTold(() => scene.report("d", [], undefined, ["other"])), "reports");
  assert.ok(await isTold(() => scene.wish("d", [])), "should have something else");
  assert.ok(await isTold(() => scene.desired.removeDevice("d", true, ORIGIN)), "is removed");
  end();
  assert.ok(!(await isTold(() => scene.report("d"))), "nobody listens any more");
});
