import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { closed } from "@jamesd/testkit";
import { TestServer } from "./http-server.ts";

const NEVER = 2 ** 30;

/** Connections that say nothing. */
async function silent(server: TestServer, count: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(server.port, "127.0.0.1"));
  for (const socket of sockets) socket.on("error", () => undefined).resume();
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return sockets;
}

test("who never ends the handshake is cut off", async () => {
  await using server = await TestServer.start([], {}, { handshake: 100 });
  const sockets = await silent(server, 3);
  // A few bytes are no handshake.
  sockets[0]?.write(Buffer.from([22, 3, 1]));
  await Promise.all(sockets.map(closed));
});

test("garbage instead of a handshake is cut off, and not answered", async () => {
  await using server = await TestServer.start();
  const [socket] = await silent(server, 1);
  let said = "";
  socket?.on("data", (chunk) => (said += chunk));
  socket?.write("GET /v1/ping HTTP/1.1\r\nHost: jamesd\r\n\r\n");
  await closed(socket as Socket);
  assert.doesNotMatch(said, /HTTP/);
});

/** A connection with a certificate, over which so much is said. */
async function spoken(server: TestServer, said: string): Promise<Socket> {
  const options = { host: "127.0.0.1", port: server.port, servername: "jamesd" };
  const socket = connectTls({ ...options, ...server.credentials("admin") });
  socket.on("error", () => undefined).resume();
  await once(socket, "secureConnect");
  socket.write(said);
  return socket;
}

test("the server ends at once although there are those that say nothing, with a certificate or without", async () => {
  const server = await TestServer.start([], {}, { handshake: NEVER, closing: NEVER });
  const sockets = [...(await silent(server, 3)), await spoken(server, "")];
  assert.equal((await server.send("admin", "GET", "/v1/ping")).status, 204);
  await server[Symbol.asyncDispose]();
  await Promise.all(sockets.map(closed));
});

test("the server ends in time although somebody never ends what he says", async () => {
  const server = await TestServer.start([], {}, { closing: 100 });
  const socket = await spoken(server, "GET /v1/ping HTTP/1.1\r\nHost:");
  assert.equal((await server.send("admin", "GET", "/v1/ping")).status, 204);
  await server[Symbol.asyncDispose]();
  await closed(socket);
});
