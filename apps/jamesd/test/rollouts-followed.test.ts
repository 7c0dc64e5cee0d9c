import assert from "node:assert/strict";
import { test } from "node:test";
import { type App, advanced, told } from "@jamesd/model";
import fc from "fast-check";
import { resolvable } from "../src/fleet/device.ts";
import { type Fleet, loadFleet } from "../src/fleet/fleet.ts";
import { newLayer } from "../src/fleet/read-layers.ts";
import type { Target } from "../src/fleet/target.ts";
import { Catalogue } from "../src/packets/catalogue.ts";
import { packetOf } from "./repository/repository.contract.ts";
import { IDS, op, rolloutOf, take, waveOf } from "./rollouts-world.ts";
import { ORIGIN, Scene, settled, V1, V2 } from "./scene.ts";

const MESSAGE = { ...ORIGIN, message: "" };
const ARM = { selector: ["armv7l"], policy: {} };

/** What each device should have, and may have to have. */
async function wanted({ devices, targets }: Fleet) {
  const found = new Map<string, unknown>();
  // Of sketches numbers are not known.
  for await (const some of devices.sketches())
    for (const { id, target } of some) found.set(`sketch of ${id}`, target?.digest);
  for (const device of await devices.getAll(IDS)) {
    const { target } = device;
    const all = targets.current.mixtures(resolvable(device));
    found.set(device.id, {
      target: target && bare(target),
      mixtures: all.map((one) => one?.digest).sort(),
      waits: targets.current.waitsFor(resolvable(device)),
    });
  }
  return { found, rollouts: targets.rollouts };
}

// What is known of its paths is not the same in two processes.
function bare({ paths: _, ...target }: Target) {
  return target;
}

async function another({ repository }: Scene): Promise<Fleet> {
  const catalogue = new Catalogue(await repository.packets.all());
  return loadFleet({ catalogue, repository, now: () => 1_000_000, warn: () => undefined });
}

test("law: memory that followed says what memory says that is loaded now, however much came at once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(op, fc.boolean()), { maxLength: 14 }), async (ops) => {
      await using scene = await Scene.open();
      await scene.report("a", [], undefined, ["arm"]);
      await scene.report("b", [], undefined, ["arm", "lab"]);
      for (const [one, isFollowed] of ops) {
        await take(scene, one);
        if (isFollowed) await scene.fleet.follower.follow();
      }
      await scene.fleet.follower.follow();
      const fresh = await another(scene);
      const expected = await wanted(fresh);
      await fresh.close();
      assert.deepEqual(await wanted(scene.fleet), expected);
      // Memory that was too far behind.
      const { feed } = scene.repository;
      const { changes } = feed;
      feed.changes = async () => undefined;
      await scene.fleet.follower.follow();
      feed.changes = changes;
      assert.deepEqual(await wanted(scene.fleet), expected);
    }),
    { numRuns: 60 },
  );
});

/** Two devices, and a rollout of a second version that the first has. */
async function begun(): Promise<{ scene: Scene; revision: number }> {
  const scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.upload("vpn", ["v2"]);
  for (const id of ["a", "b"]) await scene.report(id);
  const { documents } = scene.repository;
  const spec = { kind: "spec" as const, id: "s" };
  await documents.commit([{ ...spec, content: { ...ARM, apps: [V1] } }], MESSAGE);
  const rollout = rolloutOf(["a"], { wave: waveOf(["a"], ["a", "b"]) });
  const { revision } = await documents.commit(
    [{ ...spec, content: { ...ARM, apps: [V2] } }],
    MESSAGE,
    undefined,
    { rollout },
  );
  await scene.fleet.follower.follow();
  return { scene, revision };
}

async function tagsOf(scene: Scene, id: string): Promise<readonly string[] | undefined> {
  return (await scene.fleet.devices.get(id))?.target?.apps[0]?.tags;
}

test("who is admitted is woken when a wave opens, and nobody when nothing opens", async () => {
  const { scene, revision } = await begun();
  await using _ = scene;
  const { repository, fleet } = scene;
  assert.deepEqual([await tagsOf(scene, "a"), await tagsOf(scene, "b")], [["v2"], ["v1"]]);
  const [rollout] = fleet.targets.rollouts;
  assert.equal(rollout?.revision, revision);
  await scene.report("b", (await fleet.devices.get("b"))?.target?.apps);
  const held = scene.hold("b", (await fleet.devices.get("b"))?.target?.apps);
  assert.equal(await settled(held.reply), "held");
  const { state } = rollout;
  const views = fleet.targets.current;
  await repository.rollouts.step(revision, 1, { state: { ...state, steadyMs: 5 } }, MESSAGE);
  await fleet.follower.follow();
  assert.equal(fleet.targets.current, views);
  assert.notEqual(fleet.targets.rollouts[0], rollout);
  assert.equal(await settled(held.reply), "held");
  await repository.rollouts.step(
    revision,
    2,
    { state: { ...state, wave: 2 }, opens: [waveOf(["b"], [])] },
    MESSAGE,
  );
  await fleet.follower.follow();
  const order = await held.reply;
  assert.ok(order && "plan" in order);
  assert.deepEqual(await tagsOf(scene, "b"), ["v2"]);
});

test("all have it when it is finished, and nobody when it is reverted", async () => {
  for (const isFinished of [true, false]) {
    const { scene, revision } = await begun();
    await using _ = scene;
    const { repository, fleet } = scene;
    const rollout = fleet.targets.rollouts[0];
    assert.ok(rollout);
    const ending = isFinished
      ? advanced(rollout.state, { kind: "finish" }, 1)
      : told(rollout.state, { kind: "revert" }, 3, 1);
    const ends = [{ revision, step: 1, state: ending }];
    const content = { ...ARM, apps: [V1] };
    if (isFinished) await repository.rollouts.step(revision, 1, { state: ending }, MESSAGE);
    else
      await repository.documents.commit([{ kind: "spec", id: "s", content }], MESSAGE, undefined, { ends });
    await fleet.follower.follow();
    const tags = isFinished ? ["v2"] : ["v1"];
    assert.deepEqual([await tagsOf(scene, "a"), await tagsOf(scene, "b")], [tags, tags]);
    assert.deepEqual([fleet.targets.rollouts, fleet.targets.current.layers], [[], []]);
  }
});

test("a packet that is spread is there for those who are admitted, and for all when that is over", async () => {
  await using scene = await Scene.open();
  const first = await scene.upload("vpn", []);
  for (const id of ["a", "b"]) await scene.report(id);
  const content = { ...ARM, apps: [{ name: "vpn", tags: [] }] };
  const { repository, fleet } = scene;
  await repository.documents.commit([{ kind: "spec", id: "s", content }], MESSAGE);
  const better = packetOf("vpn", ["systemd"]);
  const rollout = { ...rolloutOf(["a"], { wave: waveOf(["a"], ["a", "b"]) }), message: "" };
  await repository.packets.add(better, ORIGIN, undefined, rollout);
  await fleet.follower.follow();
  const has = async (id: string) => (await fleet.devices.get(id))?.target?.apps[0]?.digest;
  assert.deepEqual([await has("a"), await has("b")], [better.digest, first.digest]);
  const { revision, state } = fleet.targets.rollouts[0] ?? assert.fail("there is a rollout");
  await repository.rollouts.step(revision, 1, { state: advanced(state, { kind: "finish" }, 1) }, MESSAGE);
  await fleet.follower.follow();
  assert.deepEqual([await has("a"), await has("b")], [better.digest, better.digest]);
});

test("what devices have of their own is as they are admitted, though nobody is in memory and the newest is none", async () => {
  await using scene = await Scene.open();
  for (const version of ["v1", "v2"]) await scene.upload("vpn", [version]);
  const ids = ["a", "b"] as const;
  for (const id of ids) await scene.report(id);
  const { repository } = scene;
  const say = (app: App | null) =>
    ids.map((id) => ({
      ...{ kind: "device" as const, id },
      content: app && { selector: [], apps: [app], policy: {} },
    }));
  await repository.documents.commit(say(V1), MESSAGE);
  await scene.fleet.follower.follow();
  const rollout = rolloutOf(["a"], { wave: waveOf(["a"], ids) });
  scene.now += 1_000_000;
  scene.fleet.devices.letGo();
  assert.equal(scene.fleet.devices.entered("a"), undefined);
  await repository.documents.commit(say(V2), MESSAGE, undefined, { rollout });
  await scene.fleet.follower.follow();
  assert.deepEqual([await tagsOf(scene, "a"), await tagsOf(scene, "b")], [["v2"], ["v1"]]);
  const none = { ...rollout, supersedes: [2] };
  await repository.documents.commit(say(null), MESSAGE, undefined, { rollout: none });
  await scene.restart();
  const found = new Map<string, unknown>();
  for await (const some of scene.fleet.devices.sketches())
    for (const { id, target } of some) found.set(id, target?.apps[0]?.tags);
  assert.deepEqual([...found.values()], [undefined, ["v1"]]);
});

test("what a rollout will mean is known before it is made", async () => {
  const { scene, revision } = await begun();
  await using _ = scene;
  const { repository, fleet } = scene;
  await repository.documents.commit(
    [{ kind: "device", id: "b", content: { selector: [], apps: [{ name: "web", tags: [] }], policy: {} } }],
    MESSAGE,
  );
  await fleet.follower.follow();
  const next = (await repository.revisions.newest()) + 1;
  const changes = (["a", "b"] as const).map((id) => ({
    ...{ kind: "device" as const, id },
    content: { selector: [], apps: [V1], policy: {} },
  }));
  const versions = changes.map((change) => ({ ...change, revision: next }));
  const { current } = fleet.targets;
  const layer = await newLayer(
    { revision: next, supersedes: [], packet: undefined },
    versions,
    repository.documents,
  );
  const views = current.under([...current.layers, layer]);
  const judged = new Map<string, unknown>();
  for (const [i, device] of (await fleet.devices.getAll(["a", "b"])).entries()) {
    const asMade = { ...resolvable(device), own: versions[i] };
    const { without, next: then } = views.beside(asMade, next);
    assert.deepEqual([without, views.target(asMade)], [device.target, device.target]);
    judged.set(device.id, then);
    const wishes = views.mixtures(asMade).map((target) => JSON.stringify(target?.wanted.apps));
    assert.equal(new Set(wishes).size, 3);
  }
  const rollout = rolloutOf(["a", "b"], { wave: waveOf(["a", "b"], []) });
  assert.equal((await repository.documents.commit(changes, MESSAGE, undefined, { rollout })).revision, next);
  await fleet.follower.follow();
  for (const device of await fleet.devices.getAll(["a", "b"]))
    assert.deepEqual(device.target, judged.get(device.id));
  assert.deepEqual(
    fleet.targets.rollouts.map((one) => one.revision),
    [revision, next],
  );
});

test("what is followed at once is whole: what took the place of a rollout is there as soon as that is over", async () => {
  const { scene, revision } = await begun();
  await using _ = scene;
  const { repository, fleet } = scene;
  const { state } = fleet.targets.rollouts[0] ?? assert.fail("there is a rollout");
  await repository.rollouts.step(revision, 1, { state: told(state, { kind: "pause" }, 3, 1) }, MESSAGE);
  // As memory reads which rollouts count another process reverts this one.
  const { counting } = repository.rollouts;
  repository.rollouts.counting = async () => {
    repository.rollouts.counting = counting;
    const ends = [{ revision, step: 2, state: told(state, { kind: "revert" }, 3, 1) }];
    const content = { ...ARM, apps: [V1] };
    await repository.documents.commit([{ kind: "spec", id: "s", content }], MESSAGE, undefined, { ends });
    return counting.call(repository.rollouts);
  };
  const seen = new Set<string>();
  const { become } = fleet.targets;
  fleet.targets.become = (...args) => {
    become.apply(fleet.targets, args);
    const device = fleet.devices.entered("b");
    seen.add(String(device?.target?.apps[0]?.tags));
  };
  await fleet.follower.follow();
  assert.deepEqual([...seen], ["v1"]);
  assert.equal(fleet.targets.rollouts.length, 0);
});
