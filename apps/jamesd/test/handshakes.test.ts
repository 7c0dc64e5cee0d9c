import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createTls } from "node:https";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { TLS } from "@jamesd/protocol";
import { closed, listen } from "@jamesd/testkit";
import { addressGroup } from "../src/http/address-group.ts";
import { boundHandshakes } from "../src/http/bound-handshakes.ts";
import { connectionLimits } from "../src/http/connection-limits.ts";
import { parseLimit } from "../src/http/descriptors.ts";
import { type HandshakeLimits, Handshakes } from "../src/http/handshakes.ts";
import { REFUSAL_LINES, Refusals } from "../src/http/refusals.ts";

const LONG = 3_600_000;

/** A listener whose connections never get to the end of a handshake. */
async function accept(
  t: TestContext,
  limits: HandshakeLimits,
  options: { readonly pauseOnConnect?: true } = {},
) {
  const refused: string[] = [];
  const server: Server = createServer(options);
  const handshakes = new Handshakes(limits, (address, reason) => refused.push(`${address}: ${reason}`));
  const taken: Socket[] = [];
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    taken.push(socket);
    handshakes.begin(socket);
  });
  t.after(() => handshakes.close());
  const port = await listen(server, t, "0.0.0.0");
  const come = async (localAddress: string, host = "127.0.0.1", localPort?: number): Promise<Socket> => {
    const asked = once(server, "connection");
    const socket = connect({ port, host, localAddress, ...(localPort && { localPort }) });
    socket.on("error", () => undefined);
    socket.resume();
    await asked;
    return socket;
  };
  return { handshakes, refused, taken, come };
}

test("of one address there are so many without a handshake, and in all; the newest win", async (t) => {
  const { handshakes, refused, taken, come } = await accept(t, { most: 3, mostOfAddress: 2 });
  const sockets = [await come("127.0.0.1"), await come("127.0.0.1"), await come("127.0.0.1")];
  const tooMany = "too many connections have not done their handshake";
  assert.deepEqual(refused.splice(0), [`127.0.0.1: ${tooMany}`]);
  assert.equal(taken[0]?.destroyed, true, "the oldest of the address");
  sockets.push(await come("127.0.0.2"));
  assert.equal(handshakes.count, 3);
  sockets.push(await come("127.0.0.3"));
  assert.deepEqual(refused.splice(0), [`127.0.0.1: ${tooMany}`]);
  assert.equal(taken[1]?.destroyed, true, "the oldest of all");
  await closed(sockets[1] as Socket);
  handshakes.end(taken[2] as Socket);
  sockets.push(await come("127.0.0.1"), await come("127.0.0.1"));
  assert.deepEqual(refused.splice(0), [`127.0.0.2: ${tooMany}`], "one that is done does not count");
  sockets.at(-1)?.destroy();
  await closed(taken.at(-1) as Socket);
  assert.deepEqual(refused, ["127.0.0.1: it left before the handshake was done"]);
  handshakes.close();
  taken[2]?.destroy();
  for (const socket of sockets) socket.destroy();
  while (handshakes.count > 0) await new Promise((resolve) => setImmediate(resolve));
});

test("two connections from one port to two addresses of the server are two", async (t) => {
  const { handshakes, taken, come } = await accept(t, { most: 9, mostOfAddress: 9 });
  const first = await come("127.0.0.1");
  await come("127.0.0.1", "127.0.0.2", first.localPort);
  assert.equal(handshakes.count, 2);
  handshakes.end(taken[0] as Socket);
  assert.equal(handshakes.count, 1);
  handshakes.close();
  first.destroy();
  await Promise.all(taken.map(closed));
});

test("who comes again from the port that he left is told of as well, before the server has seen that", async (t) => {
  const { handshakes, refused, taken, come } = await accept(
    t,
    { most: 9, mostOfAddress: 9 },
    // So that it sees nothing of it.
    { pauseOnConnect: true },
  );
  const first = await come("127.0.0.1");
  const { localPort } = first;
  first.resetAndDestroy();
  await closed(first);
  const second = await come("127.0.0.1", "127.0.0.1", localPort);
  assert.deepEqual(refused, ["127.0.0.1: it left before the handshake was done"]);
  assert.equal(handshakes.count, 1);
  handshakes.close();
  await closed(taken[1] as Socket);
  second.destroy();
  assert.deepEqual([handshakes.count, refused.length], [0, 1]);
});

/** A listener for TLS with so many handshakes at once, and what it counts of those that fail. */
async function acceptTls(t: TestContext, most: number) {
  const authority = await openAuthority(await makeAuthority(Date.now()));
  const issue = (kind: "server" | "device", name: string) =>
    issueCertificate(authority, { kind, name, days: 2 }, Date.now());
  const options = { requestCert: true, rejectUnauthorized: false, pauseOnConnect: true, ...TLS };
  const server = createTls({ ...options, ...(await issue("server", "jamesd")) });
  const failed: (readonly [from: string, bytes: number])[] = [];
  const handshakes = boundHandshakes(
    server,
    {
      ...{ most: 9, handshakes: { most, mostOfAddress: most }, handshakeMs: LONG },
      failed: (...one) => failed.push(one),
    },
    new Refusals({ info: () => undefined }, REFUSAL_LINES),
  );
  server.on("connection", (socket: Socket) => handshakes.begin(socket));
  t.after(() => handshakes.close());
  const port = await listen(server, t);
  return { server, failed, port, device: await issue("device", "d") };
}

type Listener = Awaited<ReturnType<typeof acceptTls>>;

/** A client that has the server's answer to its greeting, and keeps to itself what it would say next. */
async function greeted({ server, port, device }: Listener) {
  const taken = once(server, "connection");
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  const next: Buffer[] = [];
  const write = (chunk: Buffer, _: unknown, done: () => void): void => {
    if (socket.bytesRead === 0) socket.write(chunk);
    else next.push(chunk);
    done();
  };
  const wire = new Duplex({ read: () => undefined, write });
  const client = connectTls({ socket: wire, servername: "jamesd", rejectUnauthorized: false, ...device });
  // It is told of what the server makes of the rest.
  client.on("error", () => undefined);
  socket.on("data", (chunk) => wire.push(chunk));
  await once(client, "secureConnect");
  const [of] = (await taken) as [Socket];
  return { socket, next: Buffer.concat(next), ended: closed(of) };
}

test("whoever has had the server's answer is counted with what came, whichever way the handshake ends", async (t) => {
  const listener = await acceptTls(t, 1);
  const { failed } = listener;
  const ways: Record<string, (socket: Socket, next: Buffer) => unknown> = {
    FIN: (socket) => socket.end(),
    RST: (socket) => socket.resetAndDestroy(),
    "all but the last of it": (socket, next) => socket.end(next.subarray(0, -30)),
    "something else": (socket) => socket.end("GET / HTTP/1.1"),
    "a newer one": () => connect(listener.port, "127.0.0.1").on("error", () => undefined),
  };
  for (const [way, go] of Object.entries(ways)) {
    const { socket, next, ended } = await greeted(listener);
    go(socket, next);
    await ended;
    assert.deepEqual(failed.splice(0), [["127.0.0.1", socket.bytesWritten]], way);
  }
});

test("an address is one place: an IPv4 address, or the net of a site in IPv6", () => {
  const cases = {
    "10.1.2.3": "10.1.2.3",
    "::ffff:10.1.2.3": "10.1.2.3",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
    "2001:db8:1:2::9": "2001:db8:1:2::/64",
    "2001:db8::9": "2001:db8:0:0::/64",
    "fe80::1%eth0": "fe80:0:0:0::/64",
    "::1": "0:0:0:0::/64",
  };
  for (const [address, group] of Object.entries(cases)) assert.equal(addressGroup(address), group);
});

test("what there may be follows from what the process can have open", () => {
  assert.equal(parseLimit("Limit  Soft\nMax open files            400                  4096  files\n"), 400);
  assert.equal(parseLimit("nothing"), 1024);
  for (const descriptors of [64, 400, 1024, 2 ** 20]) {
    const { handshakes, most } = connectionLimits(descriptors);
    assert.ok(handshakes.mostOfAddress < handshakes.most && handshakes.most < most && most < descriptors);
  }
});
