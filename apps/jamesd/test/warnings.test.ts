import assert from "node:assert/strict";
import { test } from "node:test";
import { ORIGIN, Scene } from "./scene.ts";

test("of a fleet that is still to come the first devices are named, and the others counted", async () => {
  await using scene = await Scene.open();
  const documents = Array.from({ length: 1500 }, (_, i) => ({
    ...{ kind: "device" as const, id: `later-${i}`, apps: [], policy: {} },
  }));
  const asked = { documents, remove: [], prune: false, dryRun: false, message: "" };
  const { documents: made, impact } = await scene.desired.apply(asked, ORIGIN);
  assert.equal(made.length, 1500);
  assert.equal(impact.warnings.length, 101);
  assert.match(impact.warnings[99] ?? "", /^no device later-99 has ever checked in/);
  assert.equal(impact.warnings[100], "1400 more devices have never checked in");
});
