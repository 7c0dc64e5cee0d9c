import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { parseFilter } from "../src/http/device-query.ts";
import { ORIGIN, rolledBack, Scene, V2 } from "./scene.ts";

test("when a device tries again is shown, as long as it is to come and about what is wanted", async () => {
  await using scene = await Scene.open();
  const { target } = await scene.failed();
  const shown = async (): Promise<number | null> => (await scene.fleet.list.get("d")).nextTry;
  const checkIn = (deferred: string) => scene.checkIn("d", { deferred, retryInMs: 1000 });
  assert.equal(await shown(), null, "it did not say");
  await checkIn(target);
  assert.deepEqual([await shown(), (await scene.fleet.list.get("d")).sync], [scene.now + 1000, "failed"]);
  const [listed] = await scene.fleet.list.page(parseFilter({}));
  assert.deepEqual([listed?.nextTry, listed?.problem?.code], [scene.now + 1000, "SCRIPT_FAILED"]);
  scene.now += 1000;
  assert.equal(await shown(), null, "its time has come");
  await checkIn(sha256("another target"));
  assert.equal(await shown(), null, "that is not wanted any more");
  await checkIn(target);
  await scene.fleet.commands.retry("d", ORIGIN);
  assert.equal(await shown(), null, "it is asked to try at once");
});

test("when a device is stuck, its next try is shown whatever is wanted", async () => {
  await using scene = await Scene.open();
  const { target } = await scene.failed("stuck");
  await scene.upload("vpn", ["v2"]);
  await scene.wish("d", [V2]);
  await scene.checkIn("d", { deferred: target, retryInMs: 1000 });
  assert.equal((await scene.fleet.list.get("d")).nextTry, scene.now + 1000);
});

test("the end of the certificate that a device came with last is known, also after a restart", async () => {
  await using scene = await Scene.open();
  const shown = async (): Promise<number | null> => (await scene.fleet.list.get("d")).certEnds;
  await scene.report("d");
  assert.equal(await shown(), null);
  await scene.checkIn("d", { certEnds: 5 });
  assert.equal(await shown(), 5);
  await scene.restart();
  assert.equal(await shown(), 5);
  await scene.report("d");
  await scene.restart();
  assert.equal(await shown(), 5, "a report that says nothing of it forgets nothing");
});

test("a list has problems in short, for what a device says of its failure may be long", async () => {
  await using scene = await Scene.open();
  const { target } = await scene.failed();
  const error = { code: "SCRIPT_FAILED".repeat(1000), message: "x".repeat(100_000), hint: "y" };
  await scene.report("d", [], { ...rolledBack(target), error });
  await scene.checkIn("d", { deferred: target, retryInMs: 1000 });
  const [listed] = await scene.fleet.list.page(parseFilter({}));
  assert.deepEqual(listed?.problem, { code: error.code.slice(0, 300), message: "x".repeat(300) });
  assert.deepEqual((await scene.fleet.list.get("d")).problem, error);
});
