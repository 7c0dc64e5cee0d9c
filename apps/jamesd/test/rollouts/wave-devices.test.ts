import assert from "node:assert/strict";
import { test } from "node:test";
import { counts, HOUR, IDS, MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

test("who was reached and falls silent has failed exactly then, done or not, and not while the server is away", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["2"], bakeMs: 10 * HOUR, failures: 1 });
  const [done = "", busy = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(done);
  await rollouts.ask(busy);
  await rollouts.pass(HOUR - MINUTE);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, busy: 1 }]);
  await rollouts.restart(100 * HOUR);
  await rollouts.rounds();
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, busy: 1 }]);
  await rollouts.pass(MINUTE - 1);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, busy: 1 }]);
  await rollouts.pass(1);
  assert.deepEqual(await counts(rollouts, revision), [{ silent: 2 }]);
  // Heard of again it is what it was.
  await rollouts.ask(done);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, silent: 1 }]);
});

test("who is locked out counts no more, whatever it was, until it is let in again and heard of", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["4"], bakeMs: 10 * HOUR });
  const ids = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  const [good = "", gone = "", bad = "", late = ""] = ids;
  const lockOut = () => rollouts.scene.fleet.lockOut;
  const lock = (name: string) =>
    lockOut().revoke({ locked: { kind: "name", name }, reason: "" }, rollouts.origin, {
      ...{ name: "admin", role: "operator", certificate: { serial: "1", issuer: "x" } },
    });
  for (const id of [good, gone]) await rollouts.carryOut(id);
  await rollouts.ask(bad);
  await lock(gone);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, busy: 2 }]);
  await rollouts.carryOut(bad, "rolled-back");
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, busy: 1, failed: 1 }]);
  for (const id of [bad, late]) await lock(id);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1 }]);
  // Held, so that it is heard of all the time.
  await rollouts.hold(good);
  await rollouts.pass(2 * HOUR);
  assert.equal(await rollouts.status(revision), "running 1");
  await rollouts.restart();
  await rollouts.hold(good);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1 }]);
  await lockOut().unrevoke({ kind: "name", name: gone }, rollouts.origin);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1 }]);
  await rollouts.ask(gone);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 2 }]);
});

test("who is heard of when it would be locked out is not: the lock is of the same number of another issuer", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"], bakeMs: 10 * HOUR });
  const [id = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(id);
  const { apps } = await rollouts.ask(id);
  const come = async (): Promise<void> => {
    const certificate = { serial: "5", issuer: "devices" };
    const { reply, gone } = rollouts.scene.hold(id, apps, undefined, { certificate });
    gone.abort();
    await reply;
  };
  await come();
  const locked = { kind: "certificate", serial: "5", issuer: "people" } as const;
  await rollouts.scene.fleet.lockOut.revoke({ locked, reason: "" }, rollouts.origin, {
    ...{ name: "admin", role: "operator", certificate: { serial: "1", issuer: "x" } },
  });
  assert.deepEqual(await counts(rollouts, revision), [{}]);
  await rollouts.pass(2 * MINUTE);
  await come();
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1 }]);
});

test("who holds a check-in is not silent, however long, and when it goes its time begins", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"], bakeMs: 10 * HOUR });
  const [id = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(id);
  await rollouts.hold(id);
  await rollouts.pass(5 * HOUR);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1 }]);
  await rollouts.restart(HOUR);
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "running 1");
  await rollouts.hold(id);
  await rollouts.pass(2 * HOUR);
  await rollouts.leave(id);
  await rollouts.pass(HOUR - MINUTE);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1 }]);
  await rollouts.pass(MINUTE);
  assert.deepEqual(await counts(rollouts, revision), [{ silent: 1 }]);
  assert.equal(await rollouts.status(revision), "paused 1 breach");
});

test("who was never reached is neither done nor failed; a wave of nobody else is given up after its patience", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  await rollouts.pass(HOUR);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["5"], bakeMs: 0 });
  const ids = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.pass(24 * HOUR - MINUTE, 50_000);
  assert.deepEqual(await counts(rollouts, revision), [{ unreached: 5 }]);
  assert.equal(await rollouts.status(revision), "running 1");
  await rollouts.pass(MINUTE);
  assert.equal(await rollouts.status(revision), "paused 1 stalled");
  await rollouts.tell(revision, { kind: "resume", accept: false });
  await rollouts.carryOut(ids[0] ?? "");
  await rollouts.rounds();
  assert.deepEqual((await counts(rollouts, revision))[0], { done: 1, unreached: 4 });
  assert.equal(await rollouts.status(revision), "running 2");
});

test("a device that is removed, or that wants something of its own, counts no more", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["3"] });
  const [removed = "", own = "", stays = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(removed, "rolled-back");
  await rollouts.ask(own);
  await rollouts.carryOut(stays);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, busy: 1, failed: 1 }]);
  await rollouts.scene.desired.removeDevice(removed, true, rollouts.origin);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1, busy: 1 }]);
  await rollouts.scene.wish(own, [vpn("v3")]);
  assert.deepEqual(await counts(rollouts, revision), [{ done: 1 }]);
});

test("a device has failed only after as many tries as it may have", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"], attempts: 2 });
  const [id = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(id, "rolled-back");
  assert.deepEqual(await counts(rollouts, revision), [{ busy: 1 }]);
  await rollouts.carryOut(id, "rolled-back");
  assert.deepEqual(await counts(rollouts, revision), [{ failed: 1 }]);
  await rollouts.restart();
  assert.deepEqual(await counts(rollouts, revision), [{ failed: 1 }]);
  await rollouts.carryOut(id, "stuck");
  assert.deepEqual(await counts(rollouts, revision), [{ failed: 1 }]);
});

test("what a device failed at before does not count when the same is spread again", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const settings = { waves: ["100%"], failures: 1 };
  const first = await rollouts.begin([vpn("v2")], settings);
  await rollouts.carryOut("a", "rolled-back");
  assert.deepEqual(await counts(rollouts, first), [{ busy: 9, failed: 1 }]);
  await rollouts.tell(first, { kind: "revert" });
  const second = await rollouts.begin([vpn("v2")], settings);
  assert.deepEqual(await counts(rollouts, second), [{ busy: 10 }]);
  assert.ok(await rollouts.carryOut("a", "rolled-back"));
  assert.deepEqual(await counts(rollouts, second), [{ busy: 9, failed: 1 }]);
});

test("a device that is stuck has failed until it is to try again", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"], attempts: 9 });
  const [id = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(id, "stuck");
  assert.deepEqual(await counts(rollouts, revision), [{ failed: 1 }]);
  const retry = () => rollouts.rolling.rollouts.retry(revision, rollouts.origin);
  assert.equal((await retry()).retried, 1);
  assert.deepEqual(await counts(rollouts, revision), [{ busy: 1 }]);
  assert.deepEqual(await retry(), { retried: 0, waits: false });
});

test("a device that fails at a packet of a rollout has failed, though no document changed", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  await rollouts.scene.upload("vpn", ["armv7l"]);
  await rollouts.apply([{ name: "vpn", tags: [] }]);
  for (const id of IDS) await rollouts.carryOut(id);
  const revision = await rollouts.beginPacket("vpn", ["armv7l", "systemd"], { waves: ["1"] });
  const [id = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  await rollouts.carryOut(id, "rolled-back");
  assert.deepEqual(await counts(rollouts, revision), [{ failed: 1 }]);
  await rollouts.rounds();
  assert.equal(await rollouts.status(revision), "paused 1 breach");
});

test("a clock that is set back, or forward, makes nobody silent", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  await rollouts.pass(3 * HOUR);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["2"], bakeMs: 10 * HOUR });
  const [held = "", polls = ""] = (await rollouts.rollout(revision)).waves[0]?.ids ?? [];
  for (const id of [held, polls]) await rollouts.carryOut(id);
  await rollouts.hold(held);
  await rollouts.pass(50 * MINUTE);
  for (const ms of [-40 * MINUTE, 30 * HOUR, -5 * HOUR]) {
    rollouts.scene.now += ms;
    await rollouts.rounds();
    assert.equal((await counts(rollouts, revision))[0]?.silent, undefined, `${ms}`);
    await rollouts.ask(polls);
    await rollouts.rounds();
  }
  assert.equal(await rollouts.status(revision), "running 1");
});

test("when devices were last seen is written down before a wave is opened", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  await rollouts.pass(MINUTE);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"] });
  const { waves } = await rollouts.rollout(revision);
  const [late = ""] = IDS.filter((id) => !waves[0]?.ids.includes(id));
  await rollouts.hold(late);
  await rollouts.pass(MINUTE);
  await rollouts.leave(late);
  await rollouts.tell(revision, { kind: "promote", wave: 2 });
  assert.equal((await rollouts.scene.repository.devices.get(late))?.lastSeen, rollouts.scene.now);
});
