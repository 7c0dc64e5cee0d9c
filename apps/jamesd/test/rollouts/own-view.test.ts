import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../src/desired/history.ts";
import { LookAhead } from "../../src/desired/look-ahead.ts";
import { WavesOfDevices } from "../../src/rollouts/waves-of-devices.ts";
import { MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

const IDS = ["a", "b", "c"] as const;
const PLAN = { waves: ["1", "2"], bakeMs: MINUTE };

function lookersAt({ scene }: RolloutScene) {
  const { fleet, repository } = scene;
  return {
    history: new History(fleet, repository),
    lookAhead: new LookAhead(fleet),
    waves: new WavesOfDevices({ fleet, rollouts: repository.rollouts, now: () => scene.now }),
  };
}

test("a device that waits is shown what it has now, and what comes in which wave", async () => {
  await using world = await RolloutScene.open(IDS);
  const revision = await world.begin([vpn("v2")], { ...PLAN, waves: ["1", "1", "100%"] });
  const { history, lookAhead, waves } = lookersAt(world);
  const opened = await waves.opened(revision);
  assert.equal(opened.size, 1);
  const places: number[] = [];
  for (const id of IDS) {
    const isAdmitted = opened.has(id);
    const shown = await world.scene.fleet.list.get(id);
    assert.deepEqual(shown.waits, isAdmitted ? [] : [revision]);
    assert.deepEqual(shown.effective?.apps[0]?.tags, [isAdmitted ? "v2" : "v1"]);
    const [blamed] = await history.blame({ kind: "device", id });
    assert.deepEqual([blamed?.revision, blamed?.tags], isAdmitted ? [revision, ["v2"]] : [1, ["v1"]]);
    assert.deepEqual((await lookAhead.explain(id, "vpn", undefined)).waits, shown.waits);
    const { steps, later } = await lookAhead.plan(id);
    assert.equal(steps.length > 0, isAdmitted);
    assert.deepEqual(
      later.map((one) => [one.revision, one.steps.map(({ kind }) => kind)]),
      isAdmitted ? [] : [[revision, ["script", "delete", "unpack"]]],
    );
    for (const { wave } of await waves.ahead(shown.waits, id)) places.push(wave ?? 0);
  }
  assert.deepEqual(places.sort(), [2, 3]);
  assert.deepEqual(await waves.ahead([revision], "unknown"), [{ revision, wave: undefined }]);
  await assert.rejects(waves.opened(revision + 1), { code: "ROLLOUT_UNKNOWN" });

  // A wave later the one whose turn it was waits no more.
  await world.tell(revision, { kind: "promote", wave: 2 });
  const still = await Promise.all(IDS.map(async (id) => (await world.scene.fleet.list.get(id)).waits));
  assert.equal(still.flat().length, 1);
});

test("a spec is shown with its rollout and as it was, until that is over", async () => {
  await using world = await RolloutScene.open(IDS);
  const { history } = lookersAt(world);
  assert.equal(history.spread("s"), undefined);
  const revision = await world.begin([vpn("v2")], PLAN);
  assert.deepEqual(history.spread("s"), { revision, stable: 1 });
  assert.deepEqual((await history.stable("s")).content.apps, [vpn("v1")]);
  const created = await world.begin([vpn("v1")], PLAN, "new");
  assert.deepEqual(history.spread("new"), { revision: created, stable: 0 });
  await assert.rejects(history.stable("new"), { code: "SPEC_UNKNOWN" });
  const listed = await history.list({ limit: 10 });
  assert.deepEqual(
    listed.map(({ number, rollout }) => [number, rollout?.state.status]),
    [
      [created, "running"],
      [revision, "running"],
      [1, undefined],
    ],
  );
  await world.tell(revision, { kind: "revert" });
  assert.equal(history.spread("s"), undefined);
  assert.deepEqual((await history.stable("s")).content.apps, [vpn("v1")]);
  const reverted = (await history.list({ before: revision + 1, limit: 1 }))[0]?.rollout;
  assert.deepEqual([reverted?.state.status, reverted?.endedBy], ["reverted", created + 1]);
});

test("a spec that a rollout spread whose place another took is shown with that other", async () => {
  await using world = await RolloutScene.open(IDS);
  const { history } = lookersAt(world);
  const taken = await world.begin([vpn("v2")], PLAN);
  const revision = await world.begin([vpn("v2")], PLAN, "new", [taken]);
  assert.deepEqual(history.spread("s"), { revision, stable: 1 });
  assert.deepEqual((await history.stable("s")).content.apps, [vpn("v1")]);
});

test("what a device has of its own, and its packets, are as it sees them", async () => {
  await using world = await RolloutScene.open(IDS);
  const { lookAhead } = lookersAt(world);
  const own = await world.begin(
    [vpn("v3")],
    { waves: ["tag:nobody", "100%"], approve: "each" },
    "b",
    [],
    "device",
  );
  const { desired, waits } = await world.scene.fleet.list.get("b");
  assert.deepEqual([desired, waits], [null, [own]]);
  await world.tell(own, { kind: "promote", wave: "all" });
  assert.deepEqual((await world.scene.fleet.list.get("b")).desired?.apps, [vpn("v3")]);

  const before = (await lookAhead.explain("a", "vpn", undefined)).candidates.length;
  const packet = await world.beginPacket("vpn", ["v1", "v2"], { waves: ["1"] });
  const { waves } = lookersAt(world);
  const opened = await waves.opened(packet);
  for (const id of IDS) {
    const { candidates } = await lookAhead.explain(id, "vpn", undefined);
    assert.equal(candidates.length, opened.has(id) ? before + 1 : before, id);
  }
});
