import assert from "node:assert/strict";
import { test } from "node:test";
import { rolloutReadings } from "../../src/metrics/rollout-metrics.ts";
import { all, counts, IDS, MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

test("a rollout goes from wave to wave, and is over when the last has passed", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["2", "50%"] });
  assert.equal((await all(rollouts)).length, 2);
  await rollouts.rounds();
  assert.deepEqual(await counts(rollouts, revision), [{ done: 2 }]);
  await rollouts.pass(11 * MINUTE);
  const view = await rollouts.rolling.rollouts.get(revision);
  assert.deepEqual(view.baking, { heldMs: 11 * MINUTE, ofMs: 15 * MINUTE });
  assert.deepEqual(view.next, { wave: 2, inMs: 4 * MINUTE, needsApproval: false, mayFail: 0 });
  assert.deepEqual(
    view.waves.map(({ devices, opened, passed }) => [devices, opened !== undefined, passed]),
    [
      [2, true, undefined],
      [3, false, undefined],
      [5, false, undefined],
    ],
  );
  await rollouts.pass(4 * MINUTE);
  assert.equal(await rollouts.status(revision), "running 2");
  assert.equal((await all(rollouts)).length, 3);
  await rollouts.pass(16 * MINUTE);
  assert.equal(await rollouts.status(revision), "running 3");
  assert.equal((await all(rollouts)).length, 5);
  await rollouts.pass(16 * MINUTE);
  assert.equal(await rollouts.status(revision), "finished 3");
  const over = await rollouts.rolling.rollouts.get(revision);
  assert.deepEqual([over.baking, over.next], [undefined, undefined]);
  assert.deepEqual(
    over.waves.map(({ devices, passed }) => [devices, passed !== undefined]),
    [
      [2, true],
      [3, true],
      [5, true],
    ],
  );
  assert.deepEqual(await rollouts.rolling.rollouts.list({ isLive: true, limit: 9 }), []);
  const [listed, ...others] = await rollouts.rolling.rollouts.list({ limit: 9 });
  assert.deepEqual([listed?.admitted, others], [10, []]);
  // Who comes new gets what everybody has.
  await rollouts.carryOut("new");
  assert.deepEqual(
    rollouts.devices.get("new")?.apps.map(({ tags }) => tags),
    [["v2"]],
  );
});

test("a canary that fails pauses it; who goes on has repaired or excused it", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"] });
  const [canary = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(canary, "rolled-back");
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "paused 1 breach");
  assert.equal((await rollouts.rollout(revision)).stepMessage, "1 device of wave 1 failed");
  assert.match(rollouts.said.join(), new RegExp(`rollout ${revision} is paused: 1 device of wave 1 failed`));
  assert.deepEqual(
    await rollouts.rolling.rollouts.devices(revision, { progress: "failed", after: "", limit: 9 }),
    [{ id: canary, wave: 1, progress: "failed", isExcused: false }],
  );
  await assert.rejects(rollouts.tell(revision, { kind: "resume", accept: false }), {
    code: "ROLLOUT_STATUS",
  });
  // Repaired: it tries again, and succeeds.
  assert.deepEqual(await rollouts.rolling.rollouts.retry(revision, rollouts.origin), {
    retried: 1,
    waits: true,
  });
  assert.deepEqual(await counts(rollouts, revision), [{ busy: 1 }]);
  await rollouts.tell(revision, { kind: "resume", accept: false });
  assert.ok(await rollouts.carryOut(canary, "rolled-back"));
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "paused 1 breach");
  // Excused: it counts no more.
  const { waves } = await rollouts.tell(revision, { kind: "resume", accept: true });
  assert.equal(waves[0]?.excused, 1);
  assert.deepEqual(await counts(rollouts, revision), [{}]);
  // Nobody is left who could do well: others get it only after the time in which somebody can see to that.
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "running 1");
  await rollouts.pass(14 * MINUTE);
  assert.equal(await rollouts.status(revision), "running 1");
  await rollouts.pass(MINUTE);
  assert.equal(await rollouts.status(revision), "running 2");
});

test("what fails is taken back when that was asked for, for whoever has it", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["5"], onFailure: "revert" });
  const [broken = "", ...others] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  assert.deepEqual(await all(rollouts, others), others);
  await rollouts.carryOut(broken, "rolled-back");
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "reverted 1 breach");
  const { endedBy } = await rollouts.rollout(revision);
  assert.equal(endedBy, await rollouts.scene.repository.revisions.newest());
  assert.deepEqual(await all(rollouts, others), others);
  assert.deepEqual(
    [...new Set([...rollouts.devices.values()].map(({ apps }) => `${apps[0]?.tags}`))],
    ["v1"],
  );
  assert.equal(await rollouts.carryOut(broken), false);
});

test("a rollout of a spec that is new or that goes is taken back like any other", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  await rollouts.scene.upload("ntp", ["n1"]);
  const added = await rollouts.begin([{ name: "ntp", tags: ["n1"] }], { waves: ["2"] }, "t");
  assert.equal((await all(rollouts)).length, 2);
  await rollouts.tell(added, { kind: "revert" });
  assert.equal((await all(rollouts)).length, 2);
  assert.ok([...rollouts.devices.values()].every(({ apps }) => apps.length === 1));
  const gone = await rollouts.begin([], { waves: ["2"] });
  assert.equal((await all(rollouts)).length, 2);
  assert.equal([...rollouts.devices.values()].filter(({ apps }) => apps.length === 0).length, 2);
  await rollouts.tell(gone, { kind: "revert" });
  assert.equal((await all(rollouts)).length, 2);
  assert.ok([...rollouts.devices.values()].every(({ apps }) => apps.length === 1));
});

test("a rollout that took the place of one goes back to what was before both, also when that is what it says", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const first = await rollouts.begin([vpn("v2")], { waves: ["2"] });
  assert.equal((await all(rollouts)).length, 2);
  const second = await rollouts.begin([vpn("v1")], { waves: ["1"] }, "s", [first]);
  assert.equal(await rollouts.status(first), "superseded 1");
  await rollouts.tell(second, { kind: "revert" }, { message: "" });
  await all(rollouts);
  assert.ok([...rollouts.devices.values()].every(({ apps }) => `${apps[0]?.tags}` === "v1"));
  assert.equal(await rollouts.status(second), "reverted 1");
  const [newest] = await rollouts.scene.repository.revisions.list({ limit: 1 });
  assert.equal(newest?.message, `Revert rollout ${second}`);
});

test("an empty wave is passed over, and said so", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["tag:nobody", "3"] });
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "running 2");
  assert.match(rollouts.said.join(), /Wave 1 has no devices that count; wave 2, 3, opens/);
});

test("a wave waits for an approval, by another where that is wanted, and opens what was asked for", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  rollouts.isFourEyes = true;
  await rollouts.restart();
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1", "2", "3"], bakeMs: 0, approve: "first" });
  await assert.rejects(rollouts.tell(revision, { kind: "approve" }, { author: "otto" }), {
    code: "ROLLOUT_STATUS",
  });
  await all(rollouts);
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "waiting 1");
  const approve = { kind: "approve" } as const;
  await assert.rejects(rollouts.tell(revision, approve), { code: "FOUR_EYES" });
  await assert.rejects(rollouts.tell(revision, { ...approve, wave: 3 }, { author: "otto" }), {
    code: "ROLLOUT_STATUS",
  });
  await rollouts.tell(revision, { ...approve, wave: 2 }, { author: "otto" });
  assert.equal(await rollouts.status(revision), "running 2");
  assert.equal((await rollouts.rollout(revision)).waves[1]?.ids.length, 2);
  await assert.rejects(rollouts.tell(revision, { kind: "promote", wave: 3 }), { code: "FOUR_EYES" });
  await rollouts.tell(revision, { kind: "pause" });
  const accept = { kind: "resume", accept: true } as const;
  await assert.rejects(rollouts.tell(revision, accept), { code: "FOUR_EYES" });
  await rollouts.tell(revision, { kind: "resume", accept: false });
  const { changes, origin } = rollouts;
  const taking = (choice: object, author = origin.author) =>
    changes.taking([{ kind: "spec", id: "s", content: null }], { ...origin, author }, choice);
  await assert.rejects(taking({ now: true }), { code: "FOUR_EYES" });
  for (const taken of [await taking({ now: true }, "otto"), await taking({ supersede: true })])
    assert.deepEqual(
      taken.map((one) => one.revision),
      [revision],
    );
  await rollouts.tell(revision, { kind: "promote", wave: "all" }, { author: "otto" });
  assert.equal(await rollouts.status(revision), "running 4");
  assert.deepEqual(
    (await rollouts.rollout(revision)).waves.map(({ ids }) => ids.length),
    [1, 2, 3, 4],
  );
  await assert.rejects(rollouts.tell(999, { kind: "pause" }), { code: "ROLLOUT_UNKNOWN" });
  await assert.rejects(rollouts.rolling.rollouts.get(999), { code: "ROLLOUT_UNKNOWN" });
});

test("devices of open waves are listed by id, some at a time", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["4", "7"], bakeMs: 0 });
  await all(rollouts);
  await rollouts.rounds();
  const page = (after: string, more = {}) =>
    rollouts.rolling.rollouts.devices(revision, { after, limit: 4, ...more });
  const [first, ...others] = [await page(""), await page("d"), await page("h")];
  assert.deepEqual(
    [...(first ?? []), ...others.flat()].map(({ id }) => id),
    IDS,
  );
  const waves = await rollouts.rollout(revision);
  assert.deepEqual(
    (await page("", { wave: 1, limit: 99 })).map(({ id }) => id),
    waves.waves[0]?.ids,
  );
  assert.ok((await page("", { wave: 2, progress: "done" })).length === 0);
});

test("what fails of one rollout keeps no other, and is done when it can be", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  await rollouts.scene.upload("ntp", ["n1"]);
  const one = await rollouts.begin([vpn("v2")], { waves: ["1"], bakeMs: 0 });
  const other = await rollouts.begin([{ name: "ntp", tags: ["n1"] }], { waves: ["1"], bakeMs: 0 }, "t");
  let isBroken = true;
  rollouts.beforePopulation = (revision) => {
    if (isBroken && revision === one) throw new Error("no room");
  };
  await all(rollouts);
  await all(rollouts);
  for (let i = 0; i < 10; i += 1) await rollouts.rolling.round();
  assert.deepEqual([await rollouts.status(one), await rollouts.status(other)], ["running 1", "running 2"]);
  const failures = rollouts.said.filter((text) => text.includes(`rollout ${one}`)).length;
  assert.ok(failures >= 2 && failures <= 4, `${failures}`);
  isBroken = false;
  for (let i = 0; i < 10; i += 1) await rollouts.rolling.round();
  assert.equal(await rollouts.status(one), "running 2");
});

test("metrics say how many rollouts do what, and where their devices are", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const readings = rolloutReadings(rollouts.rolling.progress);
  const read = async () => {
    const [statuses, devices] = [await readings.jamesd_rollouts(), await readings.jamesd_rollout_devices()];
    assert.ok(typeof statuses !== "number" && typeof devices !== "number");
    return [...statuses, ...devices]
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => `${Object.values(labels).join(" ")}: ${value}`);
  };
  assert.deepEqual(await read(), []);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["3"] });
  const [first = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(first, "rolled-back");
  assert.deepEqual(await read(), ["running: 1", `${revision} busy: 2`, `${revision} failed: 1`]);
  await rollouts.rounds();
  assert.equal((await read())[0], "paused: 1");
});

test("what went with a device does not come back when it is taken back", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const { scene } = rollouts;
  await scene.wish("a", [vpn("v3")]);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"] }, "a", [], "device");
  assert.deepEqual((await rollouts.rollout(revision)).waves[0]?.ids, ["a"]);
  await scene.desired.removeDevice("a", true, rollouts.origin);
  await rollouts.tell(revision, { kind: "revert" });
  assert.equal(await rollouts.status(revision), "reverted 1");
  assert.equal(await scene.documents("a"), undefined);
});

test("how many devices waves would have is not counted again for everybody who asks", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  let asked = 0;
  rollouts.beforePopulation = () => {
    asked += 1;
  };
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1", "tag:systemd"] });
  const sizes = async () =>
    (await rollouts.rolling.rollouts.get(revision)).waves.map(({ devices }) => devices);
  assert.deepEqual([await sizes(), await sizes(), asked], [[1, 9, 0], [1, 9, 0], 1]);
  await rollouts.scene.desired.removeDevice("a", true, rollouts.origin);
  await rollouts.pass(MINUTE);
  const removed = (await rollouts.rollout(revision)).waves[0]?.ids.includes("a") ? 9 : 8;
  assert.deepEqual([await sizes(), asked], [[1, removed, 0], 2]);
});
