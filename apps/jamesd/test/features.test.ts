import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "@jamesd/testkit";
import { Scene } from "./scene.ts";

const RIGHTS = { capability: "0100000200200000000000000000000000000000" };

test("what an agent cannot install it is not sent, until it is another one", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("ping", ["v1"], "bin/ping", RIGHTS);
  await scene.report("d");
  await scene.wish("d", [{ name: "ping", tags: ["v1"] }]);
  await scene.restart();
  assert.equal(await scene.report("d"), undefined);
  const { sync, problem } = await scene.fleet.list.get("d");
  assert.deepEqual([sync, problem?.code], ["unsatisfiable", "AGENT_TOO_OLD"]);
  assert.match(problem?.message ?? "", /d's jamesc cannot install ping \[v1\]: .* file-capabilities/);
  scene.features = ["file-capabilities"];
  const order = await scene.report("d");
  assert.ok(order, "a plan, or its paths are being looked at");
  assert.equal((await scene.fleet.list.get("d")).sync, "pending");
  scene.features = [];
  await scene.report("d", [{ name: "ping", tags: ["v1"], digest: packet.digest }]);
  assert.equal((await scene.fleet.list.get("d")).sync, "in-sync", "what is there stays");
});

test("a packet whose name or tags have letters with marks is for agents that know those", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  for (const [name, tag] of [
    ["ping", "น้ำ"],
    ["हिन्दी", "v1"],
  ] as const) {
    await scene.upload(name, [tag], `opt/${name}`);
    scene.features = [];
    await scene.report("d");
    await scene.wish("d", [{ name, tags: [tag] }]);
    await scene.report("d");
    assert.match((await scene.fleet.list.get("d")).problem?.message ?? "", /cannot install .* marked-words/);
    scene.features = ["marked-words"];
    await scene.report("d");
    assert.equal((await scene.fleet.list.get("d")).problem, null);
  }
});

test("an agent that does not know what a desired state says of removals is not told it", async () => {
  await using scene = await Scene.open();
  await scene.upload("ping", ["v1"], "bin/ping");
  await scene.report("d");
  await scene.wish("d", [{ name: "ping", tags: ["v1"] }], undefined, { unowned: "adopt", removal: "forced" });
  const told = async () => (await waitFor("a plan", async () => (await scene.report("d"))?.plan)).policy;
  assert.deepEqual(await told(), { unowned: "adopt" });
  scene.features = ["removal"];
  assert.deepEqual(await told(), { unowned: "adopt", removal: "forced" });
});
