import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { addressGroup } from "../src/http/address-group.ts";
import { connectionLimits } from "../src/http/connection-limits.ts";
import { parseLimit } from "../src/http/descriptors.ts";
import { type HandshakeLimits, Handshakes } from "../src/http/handshakes.ts";

/** A listener whose connections never get to the end of a handshake. */
async function listen(limits: HandshakeLimits) {
  const refused: string[] = [];
  const server: Server = createServer();
  const handshakes = new Handshakes(limits, (address, reason) => refused.push(`${address}: ${reason}`));
  const taken: Socket[] = [];
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    taken.push(socket);
    handshakes.begin(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const come = async (localAddress: string): Promise<Socket> => {
    const asked = once(server, "connection");
    const socket = connect({ port, host: "127.0.0.1", localAddress });
    socket.on("error", () => undefined);
    socket.resume();
    await asked;
    return socket;
  };
  return { handshakes, refused, taken, come, close: () => server.close() };
}

test("of one address there are so many without a handshake, and in all; the newest win", async () => {
  const { handshakes, refused, taken, come, close } = await listen({ most: 3, mostOfAddress: 2 });
  const sockets = [await come("127.0.0.1"), await come("127.0.0.1"), await come("127.0.0.1")];
  const tooMany = "too many connections have not done their handshake";
  assert.deepEqual(refused.splice(0), [`127.0.0.1: ${tooMany}`]);
  assert.equal(taken[0]?.destroyed, true, "the oldest of the address");
  sockets.push(await come("127.0.0.2"));
  assert.equal(handshakes.count, 3);
  sockets.push(await come("127.0.0.3"));
  assert.deepEqual(refused.splice(0), [`127.0.0.1: ${tooMany}`]);
  assert.equal(taken[1]?.destroyed, true, "the oldest of all");
  await once(sockets[1] as Socket, "close");
  handshakes.end(taken[2] as Socket);
  sockets.push(await come("127.0.0.1"), await come("127.0.0.1"));
  assert.deepEqual(refused.splice(0), [`127.0.0.2: ${tooMany}`], "one that is done does not count");
  sockets.at(-1)?.destroy();
  await once(taken.at(-1) as Socket, "close");
  assert.deepEqual(refused, ["127.0.0.1: it left before the handshake was done"]);
  handshakes.close();
  close();
  taken[2]?.destroy();
  for (const socket of sockets) socket.destroy();
  while (handshakes.count > 0) await new Promise((resolve) => setImmediate(resolve));
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
