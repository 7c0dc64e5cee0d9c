import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { closed } from "@jamesd/testkit";
import { handshakeLimits } from "../src/http/handshakes.ts";
import { codeOf, TestServer } from "./http-server.ts";

/** A connection with a certificate over which nothing was said yet. */
async function come(server: TestServer): Promise<TLSSocket> {
  const options = { host: "127.0.0.1", port: server.port, servername: "jamesd" };
  const socket = connect({ ...options, ...server.credentials("device-1") });
  socket.on("error", () => undefined).resume();
  await once(socket, "secureConnect");
  return socket;
}

/** Says it a byte at a time until it is cut off, and never its end. */
async function drip(socket: Socket, said: string): Promise<void> {
  let at = 0;
  const dripping = setInterval(() => {
    if (socket.writable) socket.write(said[at++ % said.length] ?? "");
  }, 10);
  await closed(socket);
  clearInterval(dripping);
}

test("who has a certificate and says nothing, or says it a byte at a time, is cut off", async () => {
  await using server = await TestServer.start([], {}, { headers: 200, body: 200 });
  const asks = "POST /v1/checkin HTTP/1.1\r\nHost: jamesd\r\nContent-Type: application/json\r\n";
  const [silent, slowHead, slowBody] = await Promise.all([come(server), come(server), come(server)]);
  slowHead.write(asks);
  slowBody.write(`${asks}Content-Length: 1000000\r\n\r\n`);
  await Promise.all([closed(silent), drip(slowHead, "X-Slow: x\r\n"), drip(slowBody, " ")]);
  assert.equal((await server.send("device-2", "GET", "/v1/ping")).status, 204);
});

test("however many connections come from one address and do no handshake, some stay, and others get in", async () => {
  await using server = await TestServer.start();
  const most = handshakeLimits(Number.MAX_SAFE_INTEGER).mostOfAddress;
  const sockets = Array.from({ length: most + 150 }, () => connectPlain(server.port, "127.0.0.1"));
  let open = sockets.length;
  for (const socket of sockets) {
    socket.on("error", () => undefined).resume();
    socket.once("close", () => (open -= 1));
    // A few bytes are no handshake.
    socket.write(Buffer.from([22, 3, 1]));
  }
  while (open > most) await setTimeout(5);
  assert.equal((await server.send("device-1", "GET", "/v1/ping")).status, 204);
  assert.ok(open >= most - 1, `${open} of ${most} are there`);
  for (const socket of sockets) socket.destroy();
});

test("when more come at once than are let in, they wait, and all are served", async () => {
  await using server = await TestServer.start();
  const sockets = await Promise.all(Array.from({ length: 90 }, () => come(server)));
  const answers = sockets.map((socket) => once(socket, "data"));
  for (const socket of sockets) socket.write("GET /v1/ping HTTP/1.1\r\nHost: jamesd\r\n\r\n");
  for (const [answer] of await Promise.all(answers)) assert.match(String(answer), /^HTTP\/1\.1 204 /);
  for (const socket of sockets) socket.destroy();
});

test("a server that does not keep up has devices download later, and answers everything else", async () => {
  await using server = await TestServer.start();
  const blob = `/v1/blobs/${"0".repeat(64)}`;
  // The server is in this process, and has no time for as long as this.
  const work = async () => {
    const end = performance.now() + 320;
    while (performance.now() < end);
    await setTimeout(1);
  };
  let answer = await server.send("device-1", "GET", blob);
  while (answer.status !== 503) {
    await work();
    answer = await server.send("device-1", "GET", blob);
  }
  assert.equal(codeOf(answer), "SERVER_BUSY");
  assert.ok(Number(answer.headers["retry-after"]) >= 5);
  for (let i = 0; i < 2; i++) {
    await work();
    assert.equal(
      (await server.send("device-1", "GET", "/v1/ping")).status,
      204,
      "an update is undone without it",
    );
    assert.equal((await server.send("admin", "GET", blob)).status, 404);
  }
});
