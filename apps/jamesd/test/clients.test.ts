import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Clients } from "../src/http/clients.ts";
import { WorkBudget } from "../src/http/work-budget.ts";

const BUSY = { code: "SERVER_BUSY" };

test("of one certificate there are so many connections, the newest, and so many requests", async () => {
  const ended: string[] = [];
  const clients = new Clients({ connections: 2, requests: 2 }, (who) => ended.push(who));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets: Socket[] = [];
  const come = async (who: string): Promise<Socket> => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.resume();
    sockets.push(socket);
    const [taken] = (await once(server, "connection")) as [Socket];
    clients.connect(who, taken);
    return taken;
  };
  const [first, second, other] = [await come("a"), await come("a"), await come("b")];
  const third = await come("a");
  assert.deepEqual([ended, first.destroyed, second.destroyed], [["a"], true, false]);

  const end = clients.begin("a", third);
  clients.begin("a", third);
  assert.throws(() => clients.begin("a", third), BUSY);
  clients.begin("b", other);
  end();
  clients.begin("a", third);

  clients.close();
  assert.deepEqual([second.destroyed, third.destroyed, other.destroyed], [true, false, false]);
  for (const socket of sockets) socket.destroy();
  server.close();
});

test("long reports cost, short ones do not; what was spent comes back with the time", () => {
  let now = 0;
  const budget = new WorkBudget({
    free: 10,
    most: 100,
    perSecond: 10,
    now: () => now,
    does: "reports",
    hint: "",
  });
  for (let i = 0; i < 100; i++) budget.spend("a", 10);
  budget.spend("a", 60);
  assert.throws(() => budget.spend("a", 60), { ...BUSY, retryAfterMs: 2000 });
  budget.spend("b", 500);
  assert.throws(() => budget.spend("b", 11), BUSY);
  now = 2000;
  budget.spend("a", 60);
  assert.throws(() => budget.spend("a", 11), { ...BUSY, retryAfterMs: 1100 });
});
