import assert from "node:assert/strict";
import { test } from "node:test";
import type { Order } from "../src/device/order.ts";
import { LONGEST_MS, SHORTEST_MS } from "../src/fleet/cadence.ts";
import { hold, report } from "./http-seed.ts";
import { TestServer } from "./http-server.ts";
import { Scene, V1 } from "./scene.ts";

const VPN = { name: "vpn", tags: ["v1"], digest: "a".repeat(64) };

/** A fleet of which two are held, and three that have reported. */
async function open(): Promise<Scene> {
  const scene = await Scene.open();
  scene.maxHeld = 2;
  await scene.restart();
  for (const id of ["a", "b", "c"]) await scene.report(id);
  return scene;
}

function isLater(order: Order | undefined): boolean {
  assert.ok(order && "askAgainMs" in order, JSON.stringify(order));
  return order.askAgainMs >= SHORTEST_MS * 0.8 && order.askAgainMs <= LONGEST_MS * 1.2;
}

test("who is one too many is told at once when to ask again, and is connected meanwhile", async () => {
  await using scene = await open();
  const { holding, presence } = scene.fleet;
  const held = ["a", "b"].map((id) => scene.hold(id).reply);
  assert.ok(isLater(await scene.hold("c").reply));
  assert.equal(holding.held, 2);
  scene.now += 170_000;
  assert.equal(presence.isConnected("c"), true);
  scene.now += 100_000;
  assert.equal(presence.isConnected("c"), false, "it is late");
  const stopped = held.map((reply) => assert.rejects(reply, { code: "SERVER_STOPPING" }));
  await scene.fleet.close();
  await Promise.all(stopped);
});

test("one that is held is told at once; one that is not, when it asks", async () => {
  await using scene = await open();
  const held = ["a", "b"].map((id) => scene.hold(id).reply);
  await scene.hold("c").reply;
  await scene.upload("vpn", ["v1"]);
  for (const id of ["a", "c"]) await scene.wish(id, [V1]);
  assert.ok((await held[0])?.plan);
  assert.ok((await scene.hold("c").reply)?.plan);
  assert.equal(scene.fleet.holding.held, 1);
  held[1]?.catch(() => undefined);
});

test("one that has changed is held in the place of the one that has had its for longest", async () => {
  await using scene = await open();
  const held = ["a", "b"].map((id) => scene.hold(id).reply);
  await scene.report("c", [VPN]);
  void scene.hold("c", [VPN]).reply.catch(() => undefined);
  assert.ok(isLater(await (held[0] as Promise<Order | undefined>)));
  assert.ok(isLater(await scene.hold("a").reply));
  assert.equal(scene.fleet.holding.held, 2);
  held[1]?.catch(() => undefined);
});

test("a check-in that ends the one before keeps the place; one that nobody waits for gives it up", async () => {
  await using scene = await open();
  const first = scene.hold("a");
  const second = scene.hold("a");
  await first.reply;
  assert.equal(scene.fleet.holding.held, 1);
  second.gone.abort();
  await second.reply;
  assert.equal(scene.fleet.holding.held, 0);
});

test("over the wire it is nothing to do, with when to ask again, and the end of the connection", async () => {
  await using server = await TestServer.start([], { maxHeld: 1 });
  const [one, other] = [await report(server, "device-1"), await report(server, "device-2")];
  const held = await hold(server, "device-1", one.digest);
  const asked = { body: { digest: other.digest }, headers: { prefer: "wait=60" } };
  const told = await server.send("device-2", "POST", "/v1/checkin", asked);
  assert.deepEqual([told.status, told.body.length, told.headers.connection], [204, 0, "close"]);
  const seconds = Number(told.headers["retry-after"]);
  assert.ok(seconds >= 48 && seconds <= 576, `${seconds}`);
  // The one that is held goes on.
  assert.equal(
    await Promise.race([held.answer, server.send("admin", "GET", "/v1/ping").then(() => "held")]),
    "held",
  );
});
