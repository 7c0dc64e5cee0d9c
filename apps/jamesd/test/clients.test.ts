import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { JamesError } from "@jamesd/model";
import { closed } from "@jamesd/testkit";
import { type ClientLimits, Clients } from "../src/http/clients.ts";
import { HeldRefusal } from "../src/http/held-refusal.ts";
import { requestsOf, WorkBudget } from "../src/http/work-budget.ts";

const BUSY = { code: "SERVER_BUSY" };

/** Clients with these limits, whose connections these are, and who had to give one up. */
async function clientsWith(limits: ClientLimits, t: TestContext, rate?: WorkBudget) {
  const ended: string[] = [];
  const clients = new Clients(limits, (who) => ended.push(who), rate);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets: Socket[] = [];
  const others = new Map<Socket, Socket>();
  const come = async (who: string): Promise<Socket> => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.resume();
    sockets.push(socket);
    const [taken] = (await once(server, "connection")) as [Socket];
    clients.connect(who, taken.on("error", () => undefined).resume());
    others.set(taken, socket);
    return taken;
  };
  /** The other end of a connection. */
  const ends = (taken: Socket): Socket => others.get(taken) ?? assert.fail();
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { clients, ended, come, ends };
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

test("it is told who ends its last connection, and not of who is ended, nor of one that has another", async (t) => {
  const { clients, come, ends } = await clientsWith({ connections: 2, requests: 2 }, t);
  const left: string[] = [];
  clients.onLeave((who) => left.push(who));
  const [first, second, ended, broken] = [await come("a"), await come("a"), await come("b"), await come("c")];
  ends(first).end();
  await closed(first);
  assert.deepEqual(left, []);
  ends(second).end();
  await closed(second);
  assert.deepEqual(left, ["a"]);
  ended.end();
  await closed(ended);
  ends(broken).resetAndDestroy();
  await closed(broken);
  assert.deepEqual(left, ["a", "c"]);
});

test("who asks too often is refused, and what it is refused counts as under way for as long as that is held back", async (t) => {
  let now = 0;
  const rate = new WorkBudget({ ...requestsOf(1), now: () => now });
  const { clients, come } = await clientsWith({ connections: 2, requests: 6 }, t, rate);
  const [socket, other] = [await come("a"), await come("a")];
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (let i = 0; i < 4; i++) clients.begin("a", socket)();
  for (let i = 0; i < 6; i++)
    assert.throws(
      () => clients.begin("a", socket),
      (thrown) => thrown instanceof HeldRefusal && thrown.retryAfterMs === HeldRefusal.MS,
    );
  const isUnderWay = (thrown: unknown) => thrown instanceof JamesError && !(thrown instanceof HeldRefusal);
  assert.equal(other.destroyed, false);
  assert.throws(() => clients.begin("a", other), isUnderWay);
  assert.equal(other.destroyed, true, "it does not heed what it is told");
  clients.begin("b", socket)();
  now += 1000;
  assert.throws(() => clients.begin("a", socket), isUnderWay);
  t.mock.timers.tick(HeldRefusal.MS);
  clients.begin("a", socket)();
  assert.throws(() => clients.begin("a", socket), HeldRefusal);
});

test("who is begun only if it is let is never refused, and counted as it would be otherwise", async (t) => {
  let now = 0;
  const rate = new WorkBudget({ ...requestsOf(1), now: () => now });
  const { clients, come } = await clientsWith({ connections: 2, requests: 2 }, t, rate);
  const [socket, other] = [await come("a"), await come("b")];
  for (let i = 0; i < 4; i++) clients.beginIfLet("a", socket)?.();
  assert.equal(clients.beginIfLet("a", socket), undefined, "it asks too often");
  assert.throws(() => clients.begin("a", socket), HeldRefusal, "counted by either way");
  clients.beginIfLet("b", other);
  const end = clients.beginIfLet("b", other);
  assert.equal(clients.beginIfLet("b", other), undefined, "as many are under way as may be");
  end?.();
  now += 1000;
  assert.ok(clients.beginIfLet("b", other));
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

test("of those who have paid nothing is kept, however many come", () => {
  let now = 0;
  const budget = new WorkBudget({ ...requestsOf(1000), now: () => now });
  for (let device = 0; device < 50_000; device++) {
    now += 1;
    budget.spend(`${device}`, 1);
  }
  assert.ok(budget.accounts <= 10_000, `${budget.accounts} accounts`);
});
