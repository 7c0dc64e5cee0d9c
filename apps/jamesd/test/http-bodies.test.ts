import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { type DeviceState, sha256, stateDigest } from "@jamesd/model";
import { report } from "./http-seed.ts";
import { codeOf, TestServer } from "./http-server.ts";

async function come(server: TestServer, who: string): Promise<TLSSocket> {
  const options = { host: "127.0.0.1", port: server.port, servername: "jamesd" };
  const socket = connect({ ...options, ...server.credentials(who) });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  return socket;
}

/** Sends the head of a request, and the first bytes of a body that is said to be so long. */
function ask(socket: TLSSocket, request: string, length?: string): void {
  const head = [`${request} HTTP/1.1`, "Host: jamesd", "Content-Type: application/json"];
  if (length) socket.write(`${head.join("\r\n")}\r\n${length}\r\n\r\n`);
  else socket.write(`${head.join("\r\n")}\r\nContent-Length: 1000000\r\n\r\n{"digest":`);
}

/** Begins a check-in, or another request, over a connection of its own. */
async function begin(
  server: TestServer,
  who: string,
  request = "POST /v1/checkin",
  length?: string,
): Promise<TLSSocket> {
  const socket = await come(server, who);
  ask(socket, request, length);
  return socket;
}

/** What the server says to it: an answer of JSON, or nothing before the connection ends. */
function saidTo(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    socket.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.endsWith("}")) resolve(said);
    });
    socket.on("close", () => resolve(said));
  });
}

test("a certificate has two check-ins under way that have not come whole, and no more; others are served", async () => {
  await using server = await TestServer.start();
  // Over a connection that stays.
  await report(server, "device-1");
  const first = await begin(server, "device-1");
  const second = await begin(server, "device-1");
  const third = await begin(server, "device-1");
  const refused = await Promise.race([first, second, third].map(saidTo));
  assert.match(refused, /^HTTP\/1\.1 503 /);
  assert.match(refused, /^retry-after: ([5-9]|1[0-5])\r$/m);
  assert.match(refused, /SERVER_BUSY/);
  await report(server, "device-2");
  for (const socket of [first, second, third]) socket.destroy();
  const body = { digest: sha256("unknown") };
  const again = () => server.send("device-1", "POST", "/v1/checkin", { body });
  // Until the server has seen that they are gone.
  while ((await again()).status === 503);
  for (let i = 0; i < 3; i++) assert.equal((await again()).status, 200);
});

test("a check-in that does not come whole in time is cut off, however busy it is", async () => {
  await using server = await TestServer.start([], {}, { body: 200 });
  const slow = await begin(server, "device-1");
  const dripping = setInterval(() => slow.write(" "), 20).unref();
  assert.equal(await saidTo(slow), "");
  clearInterval(dripping);
});

test("what no route asks for is refused before it is sent, as is who may not ask", async () => {
  await using server = await TestServer.start();
  for (const [who, request, status] of [
    ["watcher", "POST /v1/nowhere", 404],
    ["device-1", "PUT /v1/checkin", 404],
    ["device-1", "POST /v1/packets", 403],
    ["admin", "POST /v1/devices/device-1/retry", 400],
  ] as const) {
    const socket = await begin(server, who, request);
    assert.match(await saidTo(socket), new RegExp(`^HTTP/1.1 ${status} `), request);
    socket.destroy();
  }
});

test("the bodies of every route are bounded in number and time", async () => {
  await using server = await TestServer.start([], {}, { body: 1000 });
  const routes = ["POST /v1/packets", "POST /v1/revisions", "PUT /v1/devices/device-1/desired"];
  const sockets = await Promise.all(Array.from({ length: 33 }, () => come(server, "admin")));
  // All at once: of those that come late the first might be over by then.
  for (const [i, socket] of sockets.entries()) ask(socket, routes[i % routes.length] ?? "");
  const said = await Promise.all(sockets.map(saidTo));
  for (const socket of sockets) socket.destroy();
  assert.deepEqual(
    said.map((text) => text.slice(0, 12)).filter((text) => text !== ""),
    ["HTTP/1.1 503"],
  );
});

test("a device may report so many words together: as many apps as there may be, each with a version", async () => {
  await using server = await TestServer.start();
  const send = (apps: number, tags: readonly string[], systemtags: readonly string[] = []) => {
    const app = { digest: sha256("packet"), tags: [...tags] };
    const all = Array.from({ length: apps }, (_, i) => ({ ...app, name: `a${i}` }));
    const state: DeviceState = { systemtags, apps: all };
    return server.send("device-1", "POST", "/v1/checkin", { body: { digest: stateDigest(state), state } });
  };
  assert.equal((await send(10_000, ["v1"])).status, 204);
  const tags = Array.from({ length: 1000 }, (_, i) => `t${i}`);
  for (const refused of [await send(10_000, ["v1"], ["more"]), await send(20, tags)]) {
    assert.deepEqual([refused.status, codeOf(refused)], [400, "REQUEST_INVALID"]);
    assert.match(refused.body.toString(), /more than 20000 apps and tags together/);
  }
});

test("a body that is too long is refused, whether it says so or not", async () => {
  await using server = await TestServer.start();
  for (const [announced, body] of [
    ["Content-Length: 2097153", ""],
    ["Transfer-Encoding: chunked", `200001\r\n${" ".repeat(0x200001)}\r\n`],
  ] as const) {
    const socket = await begin(server, "device-1", "POST /v1/checkin", announced);
    socket.write(body);
    assert.match(await saidTo(socket), /^HTTP\/1\.1 400 .*longer than 2097152 bytes/s);
    socket.destroy();
  }
});
