import assert from "node:assert/strict";
import { test } from "node:test";
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
