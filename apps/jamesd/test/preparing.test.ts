import assert from "node:assert/strict";
import { test } from "node:test";
import { WINDOWS, WITHDRAWING } from "@jamesd/model";
import { installed, ORIGIN, rolledBack, Scene, settled, V1, V2 } from "./scene.ts";

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
  const { connected, sync, preparing: shown } = await scene.fleet.list.get("d");
  assert.deepEqual([connected, sync, shown], [true, "pending", preparing]);
  assert.deepEqual(scene.fleet.presence.sent("d"), plan?.apps);
  await scene.wish("d", [V2]);
  assert.deepEqual(await held.reply, { leave: true });
  assert.deepEqual(await scene.hold("d", [], undefined, { preparing }).reply, { leave: true });
  const next = (await scene.hold("d").reply)?.plan;
  assert.equal((await scene.fleet.list.get("d")).preparing, null);
  await scene.wish("d", []);
  const withdrawn = scene.hold("d", [], undefined, {
    preparing: { target: next?.target ?? "", revision: next?.revision ?? 0 },
  });
  assert.deepEqual(await withdrawn.reply, { leave: true }, "it has what is wanted now");
});

test("what ends its question to begin is still connected, and shown as changing until it is heard again", async () => {
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
  const { preparing } = await scene.fleet.list.get("d");
  assert.deepEqual(preparing, { target, revision, ended: scene.now });
  const again = scene.hold("d", [], undefined, { preparing: { target, revision } });
  assert.equal(await settled(again.reply), "held");
  assert.equal((await scene.fleet.list.get("d")).preparing?.ended, undefined, "it asks again");
});

test("what tries again is not said to be kept by how the try before went, also by a server that was started meanwhile", async () => {
  await using scene = await Scene.open();
  const { target, revision } = await scene.failed();
  const shown = async () => {
    const { sync, problem, transaction } = await scene.fleet.list.get("d");
    return [sync, problem?.code, transaction?.outcome];
  };
  await scene.checkIn("d", { deferred: target, retryInMs: 1000 });
  assert.deepEqual(await shown(), ["failed", "SCRIPT_FAILED", "rolled-back"]);
  await scene.hold("d").reply;
  assert.deepEqual(await shown(), ["pending", undefined, "rolled-back"]);
  await scene.restart();
  assert.deepEqual(await shown(), ["failed", "SCRIPT_FAILED", "rolled-back"]);
  const held = scene.hold("d", [], undefined, { preparing: { target, revision } });
  assert.equal(await settled(held.reply), "held");
  assert.deepEqual(await shown(), ["pending", undefined, "rolled-back"]);
});

test("what waits is asked no more for that plan, and gets a newer revision of it at once", async () => {
  await using scene = await Scene.open();
  scene.features = [WINDOWS];
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const window = [{ from: "22:00", to: "06:00" }];
  const { target, revision } = await scene.wish("d", [V1], undefined, { window });
  assert.deepEqual((await scene.hold("d").reply)?.plan?.windows, [window]);
  const waiting = { revision, why: "no window is open", until: 9_000_000 };
  const held = scene.hold("d", [], target, { retryInMs: 1000, waiting });
  assert.equal(await settled(held.reply), "held");
  const { sync, waiting: shown } = await scene.fleet.list.get("d");
  assert.deepEqual([sync, shown], ["pending", waiting]);
  await scene.wish("d", [V1], undefined, { window: "always" });
  const plan = (await held.reply)?.plan;
  assert.deepEqual([plan?.revision, plan?.target, plan?.windows], [revision + 1, target, []]);
  await scene.report("d");
  assert.equal((await scene.fleet.list.get("d")).waiting, null);
});

test("what waits hears at once that nothing of it is wanted any more, when its agent asks anew then", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  for (const features of [[WINDOWS, WITHDRAWING], [WINDOWS]]) {
    scene.features = features;
    await scene.report("d");
    const { target, revision } = await scene.wish("d", [V1]);
    const asked = { retryInMs: 3_600_000, waiting: { revision, why: "no window is open" } };
    const held = scene.hold("d", [], target, asked);
    assert.equal(await settled(held.reply), "held");
    await scene.wish("d", []);
    const isTold = features.includes(WITHDRAWING);
    assert.deepEqual(await settled(held.reply), isTold ? { leave: true } : "held");
    assert.equal((await scene.fleet.list.get("d")).waiting, null, "it is not shown either");
    assert.equal(await settled(scene.hold("d").reply), "held");
  }
});

test("to an agent that does not know windows the plan is given when one opens", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  scene.now = Date.UTC(2026, 5, 1, 12);
  await scene.restart();
  const window = [{ from: "12:00", to: "13:00", zone: "Europe/London" }];
  await scene.wish("d", [V1], undefined, { window });
  const first = scene.hold("d");
  assert.equal(await settled(first.reply), "held");
  const { waiting } = await scene.fleet.list.get("d");
  assert.equal(waiting?.until, Date.UTC(2026, 5, 2, 11));
  assert.match(
    waiting?.why ?? "",
    /does not know windows.* by the server's clock \(\S+ where they name no zone\)/,
  );
  scene.now = Date.UTC(2026, 5, 2, 11) - 20;
  const second = scene.hold("d");
  setTimeout(() => (scene.now += 20), 10);
  assert.equal((await second.reply)?.plan?.apps.length, 1);
  assert.equal((await scene.fleet.list.get("d")).waiting, null);
});

test("a wish that it begin now reaches a device that waits, once; it ends with that transaction", async () => {
  await using scene = await Scene.open();
  scene.features = [WINDOWS];
  await scene.upload("vpn", ["v1"]);
  const second = await scene.upload("vpn", ["v2"]);
  await scene.report("d");
  const commands = () => scene.fleet.commands;
  await assert.rejects(commands().go("d", false, ORIGIN), { code: "GO_NOT_NEEDED" });
  const window = [{ from: "22:00", to: "06:00" }];
  const { target, revision } = await scene.wish("d", [V1], undefined, { window });
  const waiting = { revision, why: "no window is open" };
  const held = scene.hold("d", [], target, { retryInMs: 1000, waiting });
  const preparing = scene.hold("d", [], undefined, { preparing: { target, revision } });
  assert.equal(await settled(preparing.reply), "held");
  const wished = await commands().go("d", false, ORIGIN);
  assert.deepEqual(await preparing.reply, { leave: true });
  assert.equal(await held.reply, undefined);
  assert.deepEqual(await commands().go("d", false, ORIGIN), wished, "the same wish");
  const told = (go?: string) =>
    scene.hold("d", [], target, { retryInMs: 1000, waiting: { ...waiting, ...(go && { go }) } });
  const plan = (await told().reply)?.plan;
  assert.deepEqual([plan?.revision, plan?.go], [revision, { id: wished.go, target, breakLock: false }]);
  assert.equal(await settled(told(wished.go).reply), "held", "it knows");
  const broken = await commands().go("d", true, ORIGIN);
  assert.notEqual(broken.go, wished.go);
  await scene.restart();
  assert.equal(
    (await told(wished.go).reply)?.plan?.go?.breakLock,
    true,
    "a new start of the server keeps it",
  );
  await scene.report("d", [], rolledBack(target));
  assert.equal((await scene.fleet.devices.known("d")).record.go, null);
  await scene.wish("d", [V2]);
  await commands().go("d", true, ORIGIN);
  await scene.wish("d", [V1], undefined, { window });
  assert.equal((await scene.hold("d").reply)?.plan?.go, undefined, "it was for something else");
  await scene.wish("d", [V2]);
  await scene.report("d", [installed(V2, second)]);
  assert.equal((await scene.fleet.devices.known("d")).record.go, null, "it has what it was for");
});
