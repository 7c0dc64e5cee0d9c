import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test } from "node:test";
import { Locks } from "../src/fleet/locks.ts";
import { Clients } from "../src/http/clients.ts";
import { guardConnections } from "../src/http/connections.ts";
import { HandshakeGate } from "../src/http/handshake-gate.ts";
import { Identities } from "../src/http/identity.ts";
import { REFUSAL_LINES, Refusals } from "../src/http/refusals.ts";

test("there are so many connections in all; who comes then is turned away, and that is said", async () => {
  const client = { connections: 9, requests: 9 };
  const waiting = { most: 9, mostOfPlace: 9 };
  const limits = { handshakes: { most: 9, mostOfAddress: 9 }, waiting, client, most: 2 };
  const lines: object[] = [];
  const log = { info: (line: object) => void lines.push(line) };
  const server = createServer();
  const end = guardConnections(server, {
    limits,
    identities: new Identities({ operators: [], viewers: [] }, new Locks([]), Date.now),
    gate: new HandshakeGate({
      ...{ ...waiting, perSecond: () => 9000 },
      ...{ clock: () => performance.now(), refused: () => assert.fail() },
    }),
    clients: new Clients(client, () => undefined),
    refusals: new Refusals(log, REFUSAL_LINES),
    deadlines: { handshake: 10_000 },
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const come = (): Socket =>
    connect(port, "127.0.0.1")
      .on("error", () => undefined)
      .resume();
  const sockets: Socket[] = [];
  for (let i = 0; i < limits.most; i++) {
    const taken = once(server, "connection");
    sockets.push(come());
    await taken;
  }
  await once(come(), "close");
  assert.deepEqual(lines, [{ from: "127.0.0.1", reason: "there are too many connections" }]);
  assert.ok(sockets.every(({ destroyed }) => !destroyed));
  end();
  await Promise.all(sockets.map((socket) => once(socket, "close")));
  server.close();
});
