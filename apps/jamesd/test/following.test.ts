import assert from "node:assert/strict";
import { test } from "node:test";
import { ORIGIN, Scene, V1, V2 } from "./scene.ts";

const MESSAGE = { ...ORIGIN, message: "" };

test("memory follows what others wrote: packets, revisions, and devices that went", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  await scene.report("e");
  const { repository, fleet } = scene;
  const content = { selector: [], apps: [V1], policy: {} };
  await repository.documents.commit([{ kind: "device", id: "d", content }], MESSAGE);
  await repository.devices.remove("e", MESSAGE);
  await fleet.follower.follow();
  assert.equal((await fleet.list.get("d")).effective?.apps[0]?.digest, packet.digest);
  await assert.rejects(fleet.list.get("e"), { code: "DEVICE_UNKNOWN" });
  await repository.packets.remove(packet.digest, ORIGIN);
  await fleet.follower.follow();
  assert.equal((await fleet.list.get("d")).sync, "unsatisfiable");
  assert.equal(fleet.follower.position, await repository.feed.head());
});

test("who is locked out by another process is, and so is it for who was away for long", async () => {
  await using scene = await Scene.open();
  const { repository, fleet } = scene;
  const holder = { name: "d", role: "device" as const, certificate: { serial: "1", issuer: "x" } };
  await repository.revocations.add([{ locked: { kind: "name", name: "d" }, ...ORIGIN, reason: "" }]);
  await fleet.follower.follow();
  assert.equal(fleet.locks.keepsOut(holder), true);
  await repository.revocations.remove([{ kind: "name", name: "d" }], ORIGIN);
  await fleet.follower.follow();
  assert.equal(fleet.locks.keepsOut(holder), false);
  const { changes } = repository.feed;
  repository.feed.changes = async () => undefined;
  await repository.revocations.add([
    { locked: { kind: "certificate", serial: "1", issuer: null }, ...ORIGIN, reason: "" },
  ]);
  await fleet.follower.follow();
  repository.feed.changes = changes;
  assert.equal(fleet.locks.keepsOut(holder), true);
});

test("a change that others overtook is judged again, by what they made", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  const second = await scene.upload("vpn", ["v2"]);
  await scene.report("d");
  // Another process takes away what is about to be wanted; memory has not heard of it.
  await scene.repository.packets.remove(second.digest, ORIGIN);
  await assert.rejects(scene.wish("d", [V2]), { code: "NO_PACKET_FULFILS" });
  assert.equal(await scene.repository.revisions.newest(), 0);
  await scene.wish("d", [V1]);
  assert.equal((await scene.fleet.list.get("d")).revision, 1);
});

test("who is overtaken at each try is told", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const { repository } = scene;
  const content = { selector: [], apps: [], policy: {} };
  let tries = 0;
  // Another process, which is always faster.
  const { next } = repository.revisions;
  repository.revisions.next = async () => {
    tries += 1;
    await repository.documents.commit([{ kind: "spec", id: `s${tries}`, content }], MESSAGE);
    return next.call(repository.revisions);
  };
  await assert.rejects(scene.wish("d", [V1]), { code: "CHANGE_OVERTAKEN" });
  assert.equal(tries, 5);
});

test("who was away for longer than changes are kept loads anew", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const { repository, fleet } = scene;
  const content = { selector: [], apps: [V1], policy: {} };
  await repository.documents.commit([{ kind: "device", id: "d", content }], MESSAGE);
  await repository.devices.remove("d", MESSAGE);
  await scene.upload("vpn", ["v1"]);
  const { changes } = repository.feed;
  repository.feed.changes = async () => undefined;
  await repository.documents.commit([{ kind: "spec", id: "all", content }], MESSAGE);
  await fleet.follower.follow();
  repository.feed.changes = changes;
  await scene.report("e");
  assert.equal((await fleet.list.get("e")).sync, "pending");
  assert.equal(fleet.follower.position, await repository.feed.head());
});
