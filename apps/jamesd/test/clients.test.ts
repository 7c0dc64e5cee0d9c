import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { type ClientLimits, Clients } from "../src/http/clients.ts";
import { WorkBudget } from "../src/http/work-budget.ts";

const BUSY = { code: "SERVER_BUSY" };

/** Clients with these limits, whose connections these are, and who had to give one up. */
async function clientsWith(limits: ClientLimits, t: TestContext) {
  const ended: string[] = [];
  const clients = new Clients(limits, (who) => ended.push(who));
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
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { clients, ended, come };
}

test("of one certificate there are so many connections, the newest, and so many requests", async (t) => {
  const { clients, ended, come } = await clientsWith({ connections: 2, requests: 2 }, t);
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
});

test("where there are so many in all, whoever has most gives way, and a few that fill it keep nobody out", async (t) => {
  const { ended, come } = await clientsWith({ connections: 3, requests: 9, inAll: 6 }, t);
  const held = [];
  for (const who of ["a", "a", "a", "b", "b", "b"]) held.push(await come(who));
  const [honest, other] = [await come("c"), await come("d")];
  assert.deepEqual(ended, ["a", "b"]);
  for (const who of ["a", "b", "a", "b"]) held.push(await come(who));
  assert.deepEqual([honest.destroyed, other.destroyed], [false, false]);
  assert.equal(held.filter(({ destroyed }) => !destroyed).length, 4);
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
