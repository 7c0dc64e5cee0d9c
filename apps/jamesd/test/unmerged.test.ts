import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { rolledBack, Scene, TAGS } from "./scene.ts";

const STATE = { systemtags: TAGS, apps: [] };
const said = (unmerged?: readonly string[]) => ({
  state: STATE,
  agent: "jamesc 1",
  ...(unmerged && { unmerged }),
});

async function changes(scene: Scene): Promise<readonly unknown[]> {
  const events = await scene.repository.events.page({ limit: 100, isLast: false });
  return events.flatMap((event) => (event.kind === "device-changed" ? [event.unmerged] : []));
}

test("what waits to be merged is kept with the device, and each change of it is an event", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const list = () => scene.fleet.list.get("d");
  assert.deepEqual([(await list()).unmerged, (await list()).unmergedFiles], [0, []]);
  await scene.checkIn("d", said(["etc/a.jamesd-new", "etc/b.jamesd-new"]));
  await scene.restart();
  assert.deepEqual(
    [(await list()).unmerged, (await list()).unmergedFiles],
    [2, ["etc/a.jamesd-new", "etc/b.jamesd-new"]],
  );
  await scene.checkIn("d", {});
  await scene.checkIn("d", { agent: "jamesc 1", transaction: rolledBack(sha256("t")) });
  assert.equal((await list()).unmerged, 2, "who says nothing of its state says nothing of it");
  await scene.checkIn("d", said(["etc/b.jamesd-new"]));
  await scene.checkIn("d", said(["etc/b.jamesd-new"]));
  await scene.checkIn("d", said());
  assert.equal((await list()).unmerged, 0, "an agent that does not look");
  assert.deepEqual(await changes(scene), [
    { before: [], after: ["etc/a.jamesd-new", "etc/b.jamesd-new"] },
    { before: ["etc/a.jamesd-new", "etc/b.jamesd-new"], after: ["etc/b.jamesd-new"] },
    { before: ["etc/b.jamesd-new"], after: [] },
  ]);
});

test("of very long paths the log has the first", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  await scene.checkIn("d", said(Array.from({ length: 50 }, (_, i) => `${i}/${"x".repeat(4000)}`)));
  const [{ after }] = (await changes(scene)) as [{ after: readonly string[] }];
  assert.ok(after.length > 0 && after.length < 50);
});
