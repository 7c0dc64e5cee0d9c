import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { closed, listen } from "@jamesd/testkit";
import { Locks } from "../src/fleet/locks.ts";
import { Clients } from "../src/http/clients.ts";
import { guardConnections } from "../src/http/connections.ts";
import { HandshakeGate } from "../src/http/handshake-gate.ts";
import { HandshakeWaste } from "../src/http/handshake-waste.ts";
import { Identities } from "../src/http/identity.ts";
import { REFUSAL_LINES, Refusals } from "../src/http/refusals.ts";

/** A server that is guarded, with so many connections, and what is told of it; `atOnce`: so many handshakes, and no more after them. */
async function guarded(t: TestContext, most: number, atOnce?: number) {
  const client = { connections: 9, requests: 9 };
  const waiting = { most: 9, mostOfPlace: 9 };
  const limits = { handshakes: { most: 9, mostOfAddress: 9 }, waiting, client, most };
  const lines: object[] = [];
  const log = { info: (line: object) => void lines.push(line) };
  const server = createServer();
  const waste = new HandshakeWaste(() => 0);
  const gate = new HandshakeGate({
    ...{ ...waiting, perSecond: () => 10 * (atOnce ?? 900) },
    clock: () => (atOnce === undefined ? performance.now() : 0),
    ...{ refused: () => assert.fail(), isLate: () => false },
  });
  const end = guardConnections(server, {
    limits,
    identities: new Identities({ operators: [], viewers: [] }, new Locks([]), Date.now),
    gate,
    waste,
    clients: new Clients(client, () => undefined),
    refusals: new Refusals(log, REFUSAL_LINES),
    deadlines: { handshake: 10_000 },
  });
  t.after(end);
  const port = await listen(server, t);
  const come = (): Socket =>
    connect(port, "127.0.0.1")
      .on("error", () => undefined)
      .resume();
  return { server, waste, gate, lines, come, end };
}

test("there are so many connections in all; who comes then is turned away, and that is said", async (t) => {
  const { server, lines, come, end } = await guarded(t, 2);
  const sockets: Socket[] = [];
  for (let i = 0; i < 2; i++) {
    const taken = once(server, "connection");
    sockets.push(come());
    await taken;
  }
  await closed(come());
  assert.deepEqual(lines, [{ from: "127.0.0.1", reason: "there are too many connections" }]);
  assert.ok(sockets.every(({ destroyed }) => !destroyed));
  end();
  await Promise.all(sockets.map(closed));
});

test("what comes of failed handshakes is counted for the place, by its length", async (t) => {
  const { waste, come } = await guarded(t, 9);
  assert.equal(waste.isLate("127.0.0.1"), false);
  for (let i = 0; !waste.isLate("127.0.0.1"); i += 1) {
    assert.ok(i < 250);
    const socket = come();
    socket.write(Buffer.alloc(16_384));
    await closed(socket);
  }
});

test("a handshake that failed takes as many of those that may come as it was long, from wherever they are", async (t) => {
  const { server, gate, come } = await guarded(t, 9, 10);
  for (let i = 0; i < 3; i += 1) {
    const socket = come();
    socket.write(Buffer.alloc(16_384));
    await closed(socket);
  }
  const taken = once(server, "connection");
  come();
  await taken;
  assert.equal(gate.waiting, 1);
});
