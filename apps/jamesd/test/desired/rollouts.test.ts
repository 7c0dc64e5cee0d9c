import assert from "node:assert/strict";
import { test } from "node:test";
import { type App, parseScope } from "@jamesd/model";
import { installed, LONG, ORIGIN } from "../scene.ts";
import {
  apply,
  beside,
  fleetOf,
  idOf,
  LAB,
  own,
  rolloutOf,
  spec,
  tally,
  V1,
  V2,
  V3,
  WEB,
  wanted,
} from "./fleet-of.ts";

const refused = (code: string, message?: RegExp) => ({ code, ...(message && { message }) });

test("a change in waves is one revision with its rollout; whom the first wave does not admit keeps what it should have", async () => {
  await using scene = await fleetOf(10);
  assert.equal((await apply(scene, [spec("s", [V1])])).waves, undefined);
  const { revision, waves, impact } = await apply(scene, [spec("s", [V2])], {
    plan: { waves: ["tag:lab", "80%"], bakeMs: 7 },
  });
  assert.deepEqual(
    waves?.map(({ devices }) => devices),
    [5, 3, 2],
  );
  assert.equal(impact.devices, 10);
  const rollout = await rolloutOf(scene, revision);
  assert.deepEqual(rollout.documents, [{ kind: "spec", id: "s", stable: 1 }]);
  assert.deepEqual(rollout.waves[0]?.ids, [0, 1, 2, 3, 4].map(idOf));
  const { seed, state, settings } = rollout;
  assert.deepEqual([seed, state.status, state.wave, settings.bakeMs], [2, "running", 1, 7]);
  const before = await wanted(scene);
  assert.deepEqual(await tally(scene), { "vpn v2": 5, "vpn v1": 5 });
  await scene.restart();
  assert.deepEqual(await wanted(scene), before);
  assert.deepEqual(await beside(scene, idOf(9), revision), ["vpn v1", "vpn v2"]);
});

test("a spec that comes, and one that goes, spread as well; what says the same is no rollout", async () => {
  await using scene = await fleetOf(4);
  await apply(scene, [spec("s", [V1])], LAB);
  assert.deepEqual(await tally(scene), { "vpn v1": 2, "": 2 });
  const same = await apply(scene, [spec("s", [V1])], LAB);
  assert.deepEqual([same.revision, same.unchanged, same.waves], [1, 1, undefined]);
  await apply(scene, [spec("t", [WEB])]);
  // What has it is managed, so that it can be without.
  for (const id of [0, 1, 2, 3]) {
    const { apps = [] } = (await scene.fleet.devices.known(idOf(id))).target ?? {};
    await scene.report(idOf(id), apps, undefined, id < 2 ? ["arm", "lab"] : ["arm"]);
  }
  const gone = await apply(scene, [], LAB, { remove: [{ kind: "spec", id: "t" }] });
  assert.deepEqual(
    gone.waves?.map(({ devices }) => devices),
    [2, 2],
  );
  assert.deepEqual(await tally(scene), { "vpn v1": 2, web: 2 });
});

test("specs say how they spread: flags count more, and all that change together have to agree", async () => {
  await using scene = await fleetOf(10);
  const rollout = { waves: ["2"], bakeMs: 5 };
  const planned = (id: string, more = {}) => spec(id, [V1], { rollout: { ...rollout, ...more } });
  const { revision } = await apply(scene, [planned("s")]);
  const { settings } = await rolloutOf(scene, revision);
  assert.deepEqual([settings.waves[0], settings.bakeMs], [{ devices: 2 }, 5]);
  await scene.repository.rollouts.step(
    revision,
    1,
    { state: { ...(await rolloutOf(scene, revision)).state, status: "finished" } },
    { ...ORIGIN, message: "" },
  );
  await scene.fleet.follower.follow();
  const more = await apply(scene, [spec("s", [V2], { rollout })], { plan: { waves: ["3"] } });
  const flags = (await rolloutOf(scene, more.revision)).settings;
  assert.deepEqual([flags.waves[0], flags.bakeMs], [{ devices: 3 }, 5]);

  const others = [planned("t", { bakeMs: 6 }), planned("u")].map((one) => ({ ...one, selector: ["x"] }));
  await assert.rejects(apply(scene, others), refused("ROLLOUT_INVALID", /specs t and u/));
  const chosen = await apply(scene, others, { plan: { waves: ["9"] } });
  assert.equal((await rolloutOf(scene, chosen.revision)).settings.bakeMs, 900_000);
});

test("how a spec spreads may change without a rollout, and now is at once whatever it says", async () => {
  await using scene = await fleetOf(4);
  const rollout = { waves: ["tag:lab"] };
  await apply(scene, [spec("s", [V1])]);
  const planned = await apply(scene, [spec("s", [V1], { rollout })]);
  assert.deepEqual([planned.revision, planned.waves], [2, undefined]);
  const at = await apply(scene, [spec("s", [V2], { rollout })], { now: true });
  assert.equal(at.waves, undefined);
  assert.deepEqual(await tally(scene), { "vpn v2": 4 });
  await assert.rejects(apply(scene, [spec("s", [V1])], { ...LAB, now: true }), refused("ROLLOUT_INVALID"));
  // The one that goes says how.
  const gone = await apply(scene, [], {}, { remove: [{ kind: "spec", id: "s" }], dryRun: true });
  assert.equal(gone.waves?.length, 2);
  const back = await scene.desired.revert({ to: 2, dryRun: false }, ORIGIN);
  assert.equal(back.waves?.length, 2);
  assert.deepEqual(await tally(scene), { "vpn v2": 2, "vpn v1": 2 });
});

test("a document is in one live rollout: another change takes its place, or ends it", async () => {
  await using scene = await fleetOf(4);
  await apply(scene, [spec("s", [V1])]);
  const first = await apply(scene, [spec("s", [V2]), spec("t", [WEB])], LAB);
  for (const choice of [{}, LAB])
    await assert.rejects(apply(scene, [spec("s", [V3])], choice), refused("ROLLOUT_ACTIVE", /rollout 2/));
  await assert.rejects(scene.desired.revert({ to: 1, dryRun: true }, ORIGIN), refused("ROLLOUT_ACTIVE"));
  assert.equal((await apply(scene, [spec("s", [V2])])).unchanged, 1);
  // What it does not spread can change.
  await apply(scene, [spec("u", [])]);

  const taken = await apply(scene, [spec("s", [V3])], { supersede: true });
  const [one, other] = [await rolloutOf(scene, first.revision), await rolloutOf(scene, taken.revision)];
  assert.deepEqual([one.state.status, one.endedBy], ["superseded", taken.revision]);
  assert.deepEqual([other.supersedes, other.seed], [[first.revision], one.seed]);
  assert.deepEqual(other.settings, one.settings);
  assert.deepEqual(
    other.documents.map(({ id, stable }) => [id, stable]),
    [
      ["s", 1],
      ["t", 0],
    ],
  );
  assert.deepEqual(await tally(scene), { "vpn v3, web": 2, "vpn v1": 2 });

  const ended = await apply(scene, [spec("s", [V1])], { now: true });
  assert.match(ended.impact.warnings.join(), /rollout 4 ends, and all devices get at once what it spread/);
  assert.equal((await rolloutOf(scene, taken.revision)).endedBy, ended.revision);
  assert.deepEqual(await tally(scene), { "vpn v1, web": 4 });
  const known = await wanted(scene);
  await scene.restart();
  assert.deepEqual(await wanted(scene), known);
});

test("what was admitted keeps what it got when a rollout takes the place of another, until its turn comes", async () => {
  await using scene = await fleetOf(6, (i) => (i < 2 ? ["arm", "lab"] : i < 4 ? ["arm", "old"] : ["arm"]));
  await apply(scene, [spec("s", [V1])]);
  await apply(scene, [spec("s", [V2])], { plan: { waves: ["tag:old"] } });
  const { waves } = await apply(scene, [spec("s", [V3])], { ...LAB, supersede: true });
  assert.deepEqual(
    waves?.map(({ devices }) => devices),
    [2, 4],
  );
  const known = { "vpn v3": 2, "vpn v2": 2, "vpn v1": 2 };
  assert.deepEqual(await tally(scene), known);
  // What was superseded stays hidden as well when others change.
  await apply(scene, [spec("u", [])]);
  assert.deepEqual(await tally(scene), known);
});

test("four rollouts are live at most, and eight count", async () => {
  await using scene = await fleetOf(2);
  const one = (id: string) => spec(id, [], { selector: ["arm", `not:${id}`] });
  for (const id of ["a", "b", "c", "d"]) await apply(scene, [one(id)], LAB);
  await assert.rejects(apply(scene, [one("e")], LAB), refused("ROLLOUT_LIMIT", /4 are live/));
  // To take the place of one is no fifth; what was superseded counts on.
  for (const selector of [["x"], ["y"], ["z"], ["w"]])
    await apply(scene, [{ ...one("a"), selector }], { supersede: true });
  const more = apply(scene, [{ ...one("a"), selector: ["v"] }], { supersede: true });
  await assert.rejects(more, refused("ROLLOUT_LIMIT", /8 count/));
  await apply(scene, [one("e")]);
  assert.equal(scene.fleet.targets.rollouts.length, 8);
});

test("beforehand it is said what the waves would be, and which are empty; nothing is written", async () => {
  await using scene = await fleetOf(10);
  await apply(scene, [spec("s", [V1])]);
  const choice = { plan: { waves: ["tag:nowhere", "3", "10%"] } };
  const { revision, waves, impact } = await apply(scene, [spec("s", [V2])], choice, { dryRun: true });
  assert.equal(revision, 1);
  assert.deepEqual(
    waves?.map(({ devices }) => devices),
    [0, 3, 0, 7],
  );
  assert.match(impact.warnings.join("\n"), /wave 1 \(tag:nowhere\).*\nwave 3 \(10%\)/);
  assert.deepEqual(await scene.repository.rollouts.counting(), []);
  const nobody = await apply(scene, [spec("x", [V2], { selector: ["x"] })], choice, { dryRun: true });
  assert.match(nobody.impact.warnings.join(), /waves are all empty/);
});

test("a rollout is for those that it brings something else, and that can have it; who sleeps comes last", async () => {
  await using scene = await fleetOf(6);
  await apply(scene, [spec("s", [V1])]);
  // For the first its own word counts, and the second cannot have both.
  await scene.wish(idOf(0), [V1]);
  scene.now += 30 * LONG;
  for (const i of [1, 2, 3, 5]) await scene.report(idOf(i), [], undefined, ["arm", "lab"]);
  const choice = { plan: { waves: ["4"] } };
  const { desired } = scene;
  const origin = { ...ORIGIN, time: scene.now };
  const rest = { remove: [], prune: false, dryRun: false, message: "" };
  const { waves, revision } = await desired.apply(
    { ...rest, documents: [spec("s", [V2])], rollout: choice },
    origin,
  );
  assert.deepEqual(
    waves?.map(({ devices }) => devices),
    [4, 1],
  );
  assert.deepEqual((await rolloutOf(scene, revision)).waves[0]?.ids, [1, 2, 3, 5].map(idOf));
});

test("what a device should have of its own spreads as well; nobody else gets it", async () => {
  await using scene = await fleetOf(4);
  await apply(scene, [spec("s", [V1])]);
  await scene.wish(idOf(0), [WEB]);
  const documents = [0, 3].map((i) => own(idOf(i), [V2]));
  const { revision } = await apply(scene, documents, LAB);
  const apps = async () => [...(await wanted(scene)).values()];
  assert.deepEqual(await apps(), ["vpn v2", "vpn v1", "vpn v1", "vpn v1"]);
  assert.deepEqual(await beside(scene, idOf(0), revision), ["vpn v1, web", "vpn v2"]);
  const request = { id: idOf(3), apps: [V3], expected: undefined, message: "", ...ORIGIN };
  await assert.rejects(scene.desired.set(request), refused("ROLLOUT_ACTIVE"));
  await scene.desired.set({ ...request, rollout: { supersede: true, plan: { waves: ["tag:x"] } } });
  assert.deepEqual(await apps(), ["vpn v2", "vpn v1", "vpn v1", "vpn v1"]);
  await scene.desired.set({ ...request, apps: [V1, WEB], rollout: { now: true } });
  assert.deepEqual(await apps(), ["vpn v2", "vpn v1", "vpn v1", "vpn v1, web"]);
});

test("who may change a part of the fleet ends no rollout that is about more", async () => {
  await using scene = await fleetOf(4);
  const scope = parseScope({ devices: ["lab"], packets: ["vpn", "web"] });
  const mine = (apps = [V2]) => spec("mine", apps, { selector: ["lab"] });
  await apply(scene, [mine([V1]), spec("all", [WEB])]);
  await apply(scene, [mine(), spec("all", [])], LAB);
  const rest = { remove: [], prune: false, dryRun: false, message: "" };
  for (const rollout of [{ now: true }, { supersede: true }])
    await assert.rejects(
      scene.desired.apply({ ...rest, documents: [mine([V3])], rollout }, { ...ORIGIN, scope }),
      refused("SCOPE_EXCEEDED", /spec all/),
    );
});

test("a change that ends a rollout, or takes its place, is about the devices of that one as well", async () => {
  await using scene = await fleetOf(4);
  const none = (apps: readonly App[]) => spec("none", apps, { selector: ["none"] });
  await apply(scene, [spec("s", [V1]), none([V1])]);
  await apply(scene, [spec("s", [V2]), none([V2])], LAB);
  // By itself the changed one is for no device.
  for (const rollout of [{ now: true }, { supersede: true }]) {
    const { impact } = await apply(scene, [none([V3])], rollout, { dryRun: true });
    assert.deepEqual([impact.devices, impact.groups[0]?.ids], [2, [idOf(2), idOf(3)]]);
  }
});

test("to take the place of a rollout that is over is to begin one: nobody has it all at once", async () => {
  await using scene = await fleetOf(20);
  await apply(scene, [spec("s", [V1])]);
  const { waves } = await apply(scene, [spec("s", [V2])], { supersede: true });
  assert.deepEqual(
    waves?.map(({ devices }) => devices),
    [1, 1, 18],
  );
  const same = await apply(scene, [spec("s", [V2])], { supersede: true });
  assert.deepEqual([same.unchanged, same.waves], [1, undefined]);
});

test("what halted devices have is taken over beside rollouts as any other change is", async () => {
  await using scene = await fleetOf(4);
  const packet = await scene.upload("other", [], "opt/web");
  await apply(scene, [spec("s", [V1])]);
  const { revision } = await apply(scene, [own(idOf(0), [V2])], { plan: { waves: ["tag:nowhere"] } });
  const adopting = { ids: [idOf(0)], keep: "server" as const, dryRun: false, message: "" };
  const device = { ...adopting, keep: "device" as const };
  await assert.rejects(scene.adoption.adopt(device, ORIGIN), refused("ROLLOUT_ACTIVE"));
  await scene.adoption.adopt({ ...device, now: true }, ORIGIN);
  assert.equal((await rolloutOf(scene, revision)).state.status, "superseded");

  // What the second has it could not have beside what a rollout will bring it.
  await apply(scene, [spec("t", [WEB])], { plan: { waves: ["tag:nowhere"] } });
  const other = { name: "other", tags: [] };
  await scene.report(idOf(1), [installed(other, packet)], undefined, ["arm"]);
  const adopted = await scene.adoption.adopt({ ...device, ids: [idOf(1)] }, ORIGIN);
  assert.deepEqual(
    adopted.refused.map(({ id, problem }) => [id, problem.code]),
    [[idOf(1), "PATH_CONFLICT"]],
  );
});
