import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, fleetOf, LAB, revert, rolloutOf, spec, tally, V1, V2, V3, WEB } from "./fleet-of.ts";

const refused = (code: string, message?: RegExp) => ({ code, ...(message && { message }) });

test("what was taken back is refused until something else was said, or it is said that it is meant", async () => {
  await using scene = await fleetOf(4);
  await apply(scene, [spec("s", [V1])]);
  const { revision } = await apply(scene, [spec("s", [V2]), spec("t", [WEB])], LAB);
  await revert(scene, revision);
  assert.deepEqual(await tally(scene), { "vpn v1": 4 });
  for (const choice of [{}, LAB, { now: true }])
    await assert.rejects(apply(scene, [spec("s", [V2])], choice), refused("ROLLOUT_REVERTED", /rollout 2/));
  // Of a spec that the rollout brought nothing is left.
  await assert.rejects(apply(scene, [spec("t", [WEB])]), refused("ROLLOUT_REVERTED"));
  await assert.rejects(
    apply(scene, [spec("s", [V2], { rollout: {} })], { now: true }),
    refused("ROLLOUT_REVERTED"),
    "to spread otherwise is no other content",
  );
  // What took the place of another is taken back with all that that one brought.
  const other = await apply(scene, [spec("u", [WEB], { selector: ["none"] })], LAB);
  const newer = await apply(scene, [spec("u", [V1], { selector: ["none"] })], { supersede: true });
  await revert(scene, newer.revision);
  assert.equal((await rolloutOf(scene, other.revision)).state.status, "superseded");
  for (const app of [WEB, V1])
    await assert.rejects(
      apply(scene, [spec("u", [app], { selector: ["none"] })]),
      refused("ROLLOUT_REVERTED", new RegExp(`rollout ${newer.revision}`)),
    );
  // Of one that came and went again since, that is the last word.
  await apply(scene, [spec("u", [V2], { selector: ["none"] })]);
  await apply(scene, [], {}, { remove: [{ kind: "spec", id: "u" }] });
  await apply(scene, [spec("u", [V1], { selector: ["none"] })]);
  const again = await apply(scene, [spec("t", [WEB])], { again: true });
  assert.equal(again.waves, undefined);
  await apply(scene, [spec("s", [V3])]);
  await apply(scene, [spec("s", [V2])]);
  assert.deepEqual(await tally(scene), { "vpn v2, web": 4 });
});
