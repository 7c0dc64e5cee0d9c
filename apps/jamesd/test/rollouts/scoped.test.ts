import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLimit } from "../../src/desired/live-rollouts.ts";
import type { Rollout } from "../../src/repository/rollout-store.ts";
import { all, IDS, RolloutScene, vpn } from "./rollout-scene.ts";

const EXCEEDED = { code: "SCOPE_EXCEEDED" };

test("only who may change what a rollout spreads may tell it something", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  const revision = await rollouts.begin([vpn("v2")], { waves: ["1"] });
  const scope = { devices: ["eu"], packets: ["vpn"] };
  for (const kind of ["pause", "revert"] as const)
    await assert.rejects(rollouts.tell(revision, { kind }, { scope }), { code: "SCOPE_EXCEEDED" });
  assert.equal(await rollouts.status(revision), "running 1");
});

test("who may not change what was superseded, which devices may have still, may not change what took its place", async () => {
  await using rollouts = await RolloutScene.open(IDS);
  await rollouts.scene.upload("ntp", ["n1"]);
  const scope = { devices: [], packets: ["vpn"] };
  const first = await rollouts.begin([vpn("v2"), { name: "ntp", tags: ["n1"] }], { waves: ["2"] });
  await all(rollouts);
  const second = await rollouts.begin([vpn("v3")], { waves: ["1"] }, "s", [first]);
  await assert.rejects(rollouts.tell(second, { kind: "revert" }, { scope }), EXCEEDED);
  const change = [{ kind: "spec" as const, id: "s", content: null }];
  const taking = (packets: readonly string[]) =>
    rollouts.changes.taking(change, { ...rollouts.origin, scope: { devices: [], packets } }, { now: true });
  await assert.rejects(taking(["vpn"]), EXCEEDED);
  assert.equal((await taking(["vpn", "ntp"])).length, 1);
});

test("no operator of a part of the fleet keeps all others from rollouts", () => {
  const live = (...authors: readonly string[]) =>
    authors.map(
      (author, i) => ({ revision: i + 1, author, state: { status: "running" } }) as unknown as Rollout,
    );
  const scope = { devices: [], packets: [] };
  const check = (
    rollouts: readonly Rollout[],
    asker: { author: string; scope?: object },
    taken: readonly Rollout[] = [],
  ) => checkLimit(rollouts, taken, asker as Parameters<typeof checkLimit>[2]);
  const part = { author: "olga", scope };
  check(live("olga", "otto"), part);
  const limit = (message: RegExp) => ({ code: "ROLLOUT_LIMIT", message });
  assert.throws(() => check(live("olga", "olga"), part), limit(/olga, who has a part of the fleet, began 2/));
  check(live("olga", "olga"), part, live("olga"));
  assert.throws(() => check(live("a", "b", "c"), part), limit(/the last is for who has the whole fleet/));
  const over = (...authors: readonly string[]) =>
    live(...authors).map((one) => ({ ...one, state: { status: "superseded" } }) as unknown as Rollout);
  check(over("olga", "olga", "olga"), part, live("olga"));
  assert.throws(() => check(over("olga", "olga", "olga", "olga"), part), limit(/began 4 that count/));
  const seven = over("a", "a", "a", "b", "b", "b", "c");
  assert.throws(() => check(seven, part), limit(/7 count.*the last is for who has the whole fleet/));
  check(seven, { author: "olga" });
  check(live("olga", "olga", "olga"), { author: "olga" });
  assert.throws(() => check(live("a", "b", "c", "d"), { author: "olga" }), limit(/4 are live/));
});
