import assert from "node:assert/strict";
import { test } from "node:test";
import { describeStep, FEATURES, type Policy, type Step } from "@jamesd/model";
import { LookAhead } from "../src/desired/look-ahead.ts";
import { ORIGIN, Scene } from "./scene.ts";

const words = (steps: readonly Step[] = []): string => steps.map((step) => describeStep(step)).join();
const DELETE = "delete the files of web";
const WITH_PRERM = `run prerm of web,${DELETE}`;

/** How it is shown that an app goes from a device of an earlier version and one of this: by a change of all, each plan, and a change of one. */
async function shown(policy: Policy) {
  await using scene = await Scene.open();
  const web = await scene.upload("web", []);
  const has = [{ name: "web", tags: [], digest: web.digest }];
  for (const [id, features] of [
    ["new", [...FEATURES]],
    ["old", ["a"]],
  ] as const) {
    scene.features = [...features];
    await scene.bring(id, has);
  }
  const documents = [{ kind: "spec" as const, id: "all", selector: [], apps: [], policy }];
  const change = { documents, remove: [], prune: false, dryRun: false, message: "" };
  const { impact } = await scene.desired.apply(change, ORIGIN);
  const lookAhead = new LookAhead(scene.fleet);
  const planOf = async (id: string) => words((await lookAhead.plan(id)).steps);
  const plans = [await planOf("new"), await planOf("old")];
  const { steps } = await scene.wish("new", [], undefined, policy);
  scene.features = [...FEATURES];
  const order = await scene.report("new", has);
  assert.equal(words(order?.plan?.steps), WITH_PRERM, "a device compares the whole plan with its own");
  return { groups: impact.groups.map(({ ids, steps }) => [ids, words(steps)]), plans, set: words(steps) };
}

test("steps are shown as a device does them: what it leaves out is not, unless its agent is too old for that", async () => {
  assert.deepEqual(await shown({ removal: "forced" }), {
    groups: [[["new", "old"], WITH_PRERM]],
    plans: [WITH_PRERM, WITH_PRERM],
    set: WITH_PRERM,
  });
  assert.deepEqual(await shown({ removal: "unscripted" }), {
    groups: [
      [["new"], DELETE],
      [["old"], WITH_PRERM],
    ],
    plans: [DELETE, WITH_PRERM],
    set: DELETE,
  });
});
