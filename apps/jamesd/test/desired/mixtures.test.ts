import assert from "node:assert/strict";
import { test } from "node:test";
import { advanced, isLive, JamesError, openWave } from "@jamesd/model";
import fc from "fast-check";
import { Changes } from "../../src/desired/changes.ts";
import type { RolloutChoice } from "../../src/desired/rollout-choice.ts";
import { Tagging } from "../../src/desired/tagging.ts";
import { resolvable } from "../../src/fleet/device.ts";
import { population } from "../../src/fleet/population.ts";
import type { Target } from "../../src/fleet/target.ts";
import { Turns } from "../../src/running/turns.ts";
import { ORIGIN, type Scene, V1, V2 } from "../scene.ts";
import { apply, fleetOf, idOf, LAB, own, spec, tally, WEB, wanted } from "./fleet-of.ts";

const OTHER = { name: "other", tags: [] };
const NOWHERE: RolloutChoice = { plan: { waves: ["tag:nowhere"] } };
const refused = (code: string) => ({ code, message: /while rollouts go on/ });

/** A fleet where web and another app have the same path, so that no device can have both. */
async function fleet(devices: number): Promise<Scene> {
  const scene = await fleetOf(devices);
  await scene.upload("other", [], "opt/web");
  return scene;
}

function tagging({ fleet, repository }: Scene): Tagging {
  return new Tagging(new Changes(fleet, repository, new Turns()));
}

test("two rollouts that could not meet on a device are refused, whichever way they would, and plain changes as well", async () => {
  await using scene = await fleet(4);
  // Each is possible by itself: who gets both has vpn as both say, and who gets neither has nothing.
  await apply(scene, [spec("s", [V1]), spec("t", [V1])]);
  await apply(scene, [spec("s", [V1, WEB])], NOWHERE);
  await assert.rejects(apply(scene, [spec("t", [V1, OTHER])], LAB), { code: "PATH_CONFLICT" });
  // For whom the rollout does not admit yet there is no conflict: it would come.
  await assert.rejects(apply(scene, [spec("u", [OTHER])]), refused("PATH_CONFLICT"));
  await assert.rejects(scene.wish(idOf(0), [OTHER]), refused("PATH_CONFLICT"));
  await apply(scene, [spec("u", [OTHER], { selector: ["tag"] })]);
  const request = { id: idOf(0), add: ["tag"], remove: [], dryRun: false };
  await assert.rejects(tagging(scene).tag(request, ORIGIN), refused("PATH_CONFLICT"));
});

test("a rollout of two documents is one thing: what agrees before and after is never mixed", async () => {
  await using scene = await fleet(4);
  await apply(scene, [spec("s", [V1]), spec("t", [V1])]);
  await apply(scene, [spec("s", [V2]), spec("t", [V2])], LAB);
  assert.deepEqual(await tally(scene), { "vpn v2": 2, "vpn v1": 2 });
  // By itself each would contradict what those have that are not admitted, or that are.
  for (const app of [V1, V2])
    await assert.rejects(apply(scene, [spec("u", [app])]), { code: "SPEC_CONFLICT" });
});

const wish = fc.constantFrom(V1, V2, WEB, OTHER);
const apps = fc.uniqueArray(wish, { selector: ({ name }) => name, maxLength: 3 });
const document = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom("s", "t", "u"), apps, fc.subarray(["arm", "lab", "given:x"])),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(0, 1, 2), apps, fc.constant([])) },
);
const documents = fc.uniqueArray(document, { selector: ([id]) => id, minLength: 1, maxLength: 2 });
const choice = fc.constantFrom<RolloutChoice>(
  ...[{}, LAB, LAB, NOWHERE, NOWHERE, { plan: { waves: ["1"] } }],
  ...[{ ...LAB, supersede: true }, { supersede: true }, { now: true }],
);
const op = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant("apply" as const), documents, choice }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constantFrom("tag" as const, "remove" as const, "open" as const),
      which: fc.nat(2),
    }),
  },
);
type Op = typeof op extends fc.Arbitrary<infer O> ? O : never;

/** @returns false when it was refused, for a reason that there is */
async function done(scene: Scene, one: Op): Promise<boolean> {
  try {
    if (one.op === "apply") {
      const given = one.documents.map(([id, apps, selector]) =>
        typeof id === "number" ? own(idOf(id), apps) : spec(id, apps, { selector }),
      );
      await apply(scene, given, one.choice);
    } else if (one.op === "tag") {
      const request = { id: idOf(one.which), add: ["x"], remove: [], dryRun: false };
      await tagging(scene).tag(request, ORIGIN);
    } else if (one.op === "remove") {
      const id = ["s", "t", "u"][one.which] ?? "";
      await apply(scene, [], { now: true }, { remove: [{ kind: "spec", id }] });
    } else await open(scene, one.which);
    return true;
  } catch (thrown) {
    const { code } = JamesError.from(thrown);
    assert.match(code, /^(SPEC_CONFLICT|PATH_CONFLICT|ROLLOUT_(ACTIVE|LIMIT)|SPEC_UNKNOWN)$/);
    return false;
  }
}

/** Opens the next wave of a rollout, or has it finish. */
async function open(scene: Scene, which: number): Promise<void> {
  const live = scene.fleet.targets.rollouts.filter(({ state }) => isLive(state));
  const one = live[which % Math.max(1, live.length)];
  if (!one) return;
  const { revision, step, state, settings, waves, seed } = one;
  const wave = settings.waves[state.wave];
  const all = await population(scene.fleet, revision, 0);
  const opens = wave && [openWave(wave, { population: all, opened: waves, seed })];
  const next = advanced(state, { kind: opens ? "open" : "finish" }, 1);
  await scene.repository.rollouts.step(revision, step, { state: next, opens }, { ...ORIGIN, message: "" });
  await scene.fleet.follower.follow();
}

/** What a device may have to have while rollouts go on. */
async function mixtures({ fleet }: Scene, i: number): Promise<readonly (Target | undefined)[]> {
  return fleet.targets.current.mixtures(resolvable(await fleet.devices.known(idOf(i))));
}

async function isAdmitted({ fleet }: Scene, id: string, revision: number): Promise<boolean> {
  return fleet.targets.current.admits(await fleet.devices.known(id), revision);
}

test("whatever is changed, with waves or without: nothing that a device may have to have contradicts itself, unless it was refused", async () => {
  let live = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 4, maxLength: 10 }), async (ops) => {
      await using scene = await fleet(3);
      for (const one of ops) {
        const before = await wanted(scene);
        const counting = scene.fleet.targets.rollouts;
        const isDone = await done(scene, one);
        if (!isDone) assert.equal(scene.fleet.targets.rollouts, counting);
        for (let i = 0; i < 3; i += 1)
          for (const target of await mixtures(scene, i)) {
            assert.equal(target?.wanted.conflict ?? null, null);
            assert.equal(target && (await scene.fleet.targets.paths.check(target)), target && null);
          }
        live = Math.max(live, scene.fleet.targets.rollouts.length);
        const newest = scene.fleet.targets.rollouts.at(-1);
        if (one.op !== "apply" || !newest || newest.revision <= (counting.at(-1)?.revision ?? 0)) continue;
        for (const [id, apps] of await wanted(scene))
          if (!(await isAdmitted(scene, id, newest.revision))) assert.equal(apps, before.get(id), id);
      }
    }),
    { numRuns: 40 },
  );
  assert.ok(live > 2, "the runs were about several rollouts");
});
