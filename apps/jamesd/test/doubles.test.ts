import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { stateDigest } from "@jamesd/model";
import { parseFilter } from "../src/http/device-query.ts";
import { failsWith } from "./repository/repository.contract.ts";
import { atOnce, from, LONG, Scene, TAGS, V1 } from "./scene.ts";

const STATE = { systemtags: TAGS, apps: [] };
const DIGEST = stateDigest(STATE);

/** A machine with the certificate of device d; `instance` undefined: its agent is of before. */
function machine(connection: number, instance?: string) {
  const origin = { ...from("d"), address: `10.0.0.${connection}` };
  const said = { digest: DIGEST, ...(instance !== undefined && { instance }) };
  return {
    /** Reports in full; nobody waits. */
    report: (scene: Scene) =>
      scene.fleet.checkIns.answer(origin, { ...said, state: STATE }, { ...atOnce(), connection }),
    /** Asks, and is held. */
    hold: (scene: Scene) =>
      scene.fleet.checkIns.answer(origin, said, { ...atOnce(), waitMs: LONG, connection }),
  };
}

/** Kinds of the events of d. */
async function kinds(scene: Scene): Promise<readonly string[]> {
  const events = await scene.repository.events.page({ limit: 100, isLast: false });
  return events.map(({ kind }) => kind);
}

for (const { agents, machines } of [
  { agents: "agents of today", machines: [machine(1, "a"), machine(2, "b")] as const },
  { agents: "agents of before", machines: [machine(1), machine(2)] as const },
])
  test(`two machines that are held are found as soon as both are there: ${agents}`, async () => {
    await using scene = await Scene.open();
    const [one, other] = machines;
    await one.report(scene);
    const first = one.hold(scene);
    await turn();
    await other.report(scene);
    assert.deepEqual(await first, { tellState: true }, "asked whether it is still there, it says so at once");
    const second = other.hold(scene);
    await turn();
    await one.report(scene);
    assert.deepEqual(await second, { tellState: true });
    assert.equal((await scene.fleet.list.get("d")).sync, "unmanaged");
    await other.report(scene).catch(() => undefined);
    const { sync, problem } = await scene.fleet.list.get("d");
    assert.equal(sync, "doubled");
    assert.match(
      problem?.message ?? "",
      /two machines .* certificate of d, from 10\.0\.0\.1 and 10\.0\.0\.2/,
    );
    assert.equal((await scene.fleet.list.page(parseFilter({ sync: "doubled" }))).length, 1);
    assert.deepEqual(await kinds(scene), ["device-added", "device-doubled"]);
  });

test("one of two is served: the other is told, and does not end what the first one holds", async () => {
  await using scene = await Scene.open();
  const [one, other] = [machine(1, "a"), machine(2, "b")];
  for (const each of [one, other, one]) await each.report(scene);
  await assert.rejects(other.report(scene), failsWith("DEVICE_DOUBLED", /^two machines/));
  const held = one.hold(scene);
  await assert.rejects(other.hold(scene), failsWith("DEVICE_DOUBLED", /^two machines/));
  await scene.upload("vpn", ["v1"]);
  await scene.wish("d", [V1]);
  assert.deepEqual(
    (await held)?.plan?.apps.map(({ name }) => name),
    ["vpn"],
  );
  assert.deepEqual(scene.warnings, ["DEVICE_DOUBLED"], "said once");
});

test("two agents of before get their plans as ever, and are not asked again and again", async () => {
  await using scene = await Scene.open();
  const [one, other] = [machine(1), machine(2)];
  await one.report(scene);
  for (const each of [other, one, other, one]) {
    const held = (each === one ? other : one).hold(scene);
    await turn();
    await each.report(scene);
    await held;
  }
  assert.equal((await scene.fleet.list.get("d")).sync, "doubled");
  const held = one.hold(scene);
  await turn();
  await other.report(scene);
  assert.equal(await held, undefined);
});

test("a machine that starts again, moves or comes back over another connection is one", async () => {
  await using scene = await Scene.open();
  await machine(1, "a").report(scene);
  for (const [connection, instance] of [
    [2, "a"],
    [3, "a"],
    [1, "b"],
    [4, "b"],
    [5, "c"],
  ] as const) {
    void machine(connection, instance).hold(scene);
    await turn();
    await machine(connection, instance).report(scene);
  }
  assert.equal((await scene.fleet.list.get("d")).sync, "unmanaged");
  assert.deepEqual(await kinds(scene), ["device-added"]);
});

test("after a restart of the server nobody is suspected, and two are found again", async () => {
  await using scene = await Scene.open();
  const [one, other] = [machine(1, "a"), machine(2, "b")];
  for (const each of [one, other, one, other]) await each.report(scene).catch(() => undefined);
  await scene.restart();
  for (const each of [other, one]) await each.report(scene);
  assert.equal((await scene.fleet.list.get("d")).sync, "unmanaged");
  for (const each of [other, one]) await each.report(scene).catch(() => undefined);
  assert.equal((await scene.fleet.list.get("d")).sync, "doubled");
  assert.deepEqual(await kinds(scene), ["device-added", "device-doubled", "device-doubled"]);
});

test("when one of two was gone for an hour the device is as every other", async () => {
  await using scene = await Scene.open();
  const [one, other] = [machine(1, "a"), machine(2, "b")];
  for (const each of [one, other, one, other]) await each.report(scene).catch(() => undefined);
  assert.equal((await scene.fleet.list.get("d")).sync, "doubled");
  scene.now += 3_600_000;
  await one.report(scene);
  assert.equal((await scene.fleet.list.get("d")).sync, "unmanaged");
});
