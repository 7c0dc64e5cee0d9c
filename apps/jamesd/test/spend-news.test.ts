import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError, NO_DRIFT, stateDigest } from "@jamesd/model";
import type { Report } from "../src/device/report.ts";
import { atOnce, from, rolledBack, Scene, TAGS } from "./scene.ts";

test("a device pays for whatever makes the server write: who cannot changes nothing, who says nothing new pays nothing", async () => {
  await using scene = await Scene.open();
  scene.features = ["drift"];
  await scene.report("d");
  const state = { systemtags: TAGS, apps: [] };
  const followed = { revision: 7, seal: "another's" };
  const said: Readonly<Record<string, Partial<Report>>> = {
    state: { state },
    transaction: { transaction: rolledBack("0".repeat(64)) },
    drift: { drift: { ...NO_DRIFT, checked: 9 } },
    verified: { verified: "whatever" },
    followed: { followed },
  };
  const busy = (): never => {
    throw new JamesError("SERVER_BUSY", "too often");
  };
  const say = (more: Partial<Report>, spendNews: () => void) =>
    scene.fleet.checkIns.answer(
      from("d"),
      { digest: stateDigest(state), ...more },
      { ...atOnce(), spendNews },
    );
  const kept = async () => JSON.stringify(await scene.repository.devices.get("d"));
  const before = await kept();
  scene.now += 1;
  for (const [what, more] of Object.entries(said)) {
    await assert.rejects(say(more, busy), { code: "SERVER_BUSY" }, what);
    assert.equal(await kept(), before, what);
  }
  await assert.doesNotReject(say({}, busy));
  await say({ followed }, () => undefined);
  assert.notEqual(await kept(), before);
  await assert.doesNotReject(say({ followed }, busy));
});
