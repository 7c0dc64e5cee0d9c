import assert from "node:assert/strict";
import { test } from "node:test";
import { FEATURES } from "@jamesd/model";
import type { Transaction } from "../src/device/report.ts";
import { ORIGIN, Scene } from "./scene.ts";

test("the wish to install an app again is kept until the transaction for it has ended, and asks what can be done", async () => {
  await using scene = await Scene.open();
  const packet = await scene.upload("vpn", ["v1"]);
  const app = { name: "vpn", tags: ["v1"], digest: packet.digest };
  await scene.report("d");
  await scene.wish("d", [{ name: "vpn", tags: ["v1"] }]);
  const ask = () => scene.fleet.commands.reinstall("d", "vpn", ORIGIN);
  await assert.rejects(ask(), { code: "APP_NOT_INSTALLED" });
  await scene.report("d", [app]);
  await assert.rejects(ask(), { code: "AGENT_TOO_OLD" });
  scene.features = [...FEATURES];
  assert.equal(await scene.report("d", [app]), undefined);
  const wish = await ask();
  assert.equal((await ask()).id, wish.id);
  assert.deepEqual(
    wish.steps.map(({ kind }) => kind),
    ["script", "delete", "unpack"],
  );
  await scene.restart();
  assert.equal((await scene.fleet.list.get("d")).sync, "pending");
  const order = await scene.report("d", [app]);
  assert.deepEqual(order?.plan?.reinstall, { id: wish.id, app: "vpn" });
  assert.deepEqual(order?.plan?.steps, wish.steps);

  const ended: Transaction = {
    ...{ id: "t", target: order?.plan?.target ?? "", revision: 1, outcome: "rolled-back", attempt: 1 },
    ...{ started: 1, durationMs: 1, scripts: [], error: { code: "SCRIPT_FAILED", message: "no" } },
  };
  assert.ok((await scene.report("d", [app], ended))?.plan, "that was another one");
  assert.equal(await scene.report("d", [app], { ...ended, id: "u", reinstall: wish.id }), undefined);
  await assert.rejects(scene.fleet.commands.retry("d", ORIGIN), { code: "RETRY_NOT_NEEDED" });
  assert.deepEqual(
    [(await scene.fleet.list.get("d")).reinstall, (await scene.fleet.list.get("d")).sync],
    [null, "in-sync"],
  );
});
