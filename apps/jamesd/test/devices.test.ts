import assert from "node:assert/strict";
import { test } from "node:test";
import { Drain } from "../src/fleet/drain.ts";
import { Sessions } from "../src/fleet/sessions.ts";
import { installed, LONG, ORIGIN, Scene, V1, V2 } from "./scene.ts";

/** Counts how often devices are read, and how many each time. */
function watchReads({ repository: { devices } }: Scene): readonly number[] {
  const reads: number[] = [];
  const { getAll } = devices;
  devices.getAll = (ids) => {
    reads.push(ids.length);
    return getAll.call(devices, ids);
  };
  return reads;
}

test("devices that check in within one turn are read together, and not again while they are connected", async () => {
  await using scene = await Scene.open();
  const ids = ["a", "b", "c"];
  for (const id of ids) await scene.report(id);
  await scene.restart();
  const reads = watchReads(scene);
  await Promise.all([...ids, "a"].map((id) => scene.checkIn(id, {})));
  await scene.checkIn("b", {});
  assert.deepEqual(reads, [3]);
});

test("who is not connected any more is let go, and is what it was when it comes again", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  await scene.report("held");
  await scene.report("d", [], undefined, ["x"]);
  await scene.wish("d", [V1]);
  const before = await scene.fleet.list.get("d");
  const { devices } = scene.fleet;
  const held = scene.hold("held");
  scene.now += LONG;
  await devices.work("worked-on", async () => {
    devices.letGo();
    assert.notEqual(devices.entered("worked-on"), undefined);
  });
  assert.equal(devices.entered("d"), undefined);
  assert.notEqual(devices.entered("held"), undefined);
  assert.deepEqual(await scene.fleet.list.get("d"), { ...before, connected: false });
  const { plan } = (await scene.report("d", [], undefined, ["x"])) ?? {};
  assert.deepEqual(plan?.apps, [installed(V1, packet)]);
  held.gone.abort();
  await held.reply;
});

test("of what changed together a device that comes before memory has followed is told nothing, and then all", async () => {
  await using scene = await Scene.open();
  for (const tag of ["v1", "v2"]) await scene.upload("vpn", [tag]);
  await scene.upload("web", []);
  const web = { name: "web", tags: [] };
  await scene.report("d");
  await scene.wish("d", [V1]);
  await scene.restart();
  const { repository, fleet } = scene;
  await repository.documents.commit(
    [
      { kind: "device", id: "d", content: { selector: [], apps: [V2], policy: {} } },
      { kind: "spec", id: "all", content: { selector: [], apps: [web], policy: {} } },
    ],
    { ...ORIGIN, message: "" },
  );
  const wanted = async () =>
    (await fleet.list.get("d")).effective?.apps.map(({ name, tags }) => ({ name, tags }));
  assert.deepEqual(await wanted(), [V1]);
  await scene.checkIn("d", {});
  assert.deepEqual(await wanted(), [V1], "also of one in memory");
  await fleet.follower.follow();
  assert.deepEqual(await wanted(), [web, V2]);
});

test("whether a packet is needed is no answer any more when a device changed since", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  await scene.report("d");
  const { needs, devices } = scene.fleet;
  using needing = await needs.needing(packet.digest);
  assert.deepEqual([needing.ids, needing.isStill()], [[], true]);
  await scene.report("d");
  assert.equal(needing.isStill(), true, "it said the same");
  await scene.bring("d", [installed(V1, packet)]);
  assert.equal(needing.isStill(), false);
  using again = await needs.needing(packet.digest);
  assert.deepEqual([again.ids, again.isStill()], [["d"], true]);
  devices.remove("d");
  assert.equal(again.isStill(), false);
});

test("a device that changes while a packet is looked for is looked at again", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  for (const id of ["a", "b"]) await scene.report(id);
  for (const id of ["a", "b"]) await scene.wish(id, []);
  await scene.restart();
  const { documents } = scene.repository;
  const { ownOf } = documents;
  // In the middle of the look: a was seen, and gets the packet now.
  documents.ownOf = async (...asked) => {
    documents.ownOf = ownOf;
    const found = await ownOf.apply(documents, asked);
    await scene.bring("a", [installed(V1, packet)]);
    return found;
  };
  using needing = await scene.fleet.needs.needing(packet.digest);
  assert.deepEqual([needing.ids, needing.isStill()], [["a"], true]);
});

test("of a device that was silent for a day nothing is kept, but for what it was sent and what it leaves alone", async () => {
  let now = 1_000_000;
  const sessions = new Sessions({ noteSeen: async () => undefined }, () => now);
  const hear = (id: string, more = {}) => {
    const session = sessions.hear(id, { instance: undefined, connection: 1, address: "10.0.0.1" });
    sessions.seen(id, session, more, 0);
    return session;
  };
  hear("silent");
  hear("sent").sent = [];
  hear("deferring", { deferred: "x", retryInMs: 30 * LONG });
  now += 20 * LONG;
  hear("heard");
  now += 4 * LONG;
  sessions.forgetSilent();
  const kept = ["silent", "sent", "deferring", "heard"].filter((id) => sessions.lastSeen(id) !== undefined);
  assert.deepEqual(kept, ["sent", "deferring", "heard"]);
  now += 26 * LONG;
  sessions.forgetSilent();
  assert.deepEqual([sessions.lastSeen("deferring"), sessions.count], [undefined, 1]);
  await sessions.close(new Drain(0, () => 0));
});
