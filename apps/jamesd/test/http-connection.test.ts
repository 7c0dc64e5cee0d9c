import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request } from "node:https";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { sha256, stateDigest } from "@jamesd/model";
import { closed } from "@jamesd/testkit";
import { addPacket, report } from "./http-seed.ts";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

const LONG = Buffer.alloc(30 * 1024 * 1024);
let server: TestServer;

before(async () => {
  server = await TestServer.start();
});
after(() => server[Symbol.asyncDispose]());

describe("a request that is refused before it is sent to its end", () => {
  const cases = {
    "by role": ["watcher", `/v1/uploads/${sha256("u")}?offset=0`, "ROLE_FORBIDDEN"],
    "by address": ["admin", "/v1/nowhere", "ROUTE_UNKNOWN"],
    "by query": ["admin", `/v1/uploads/${sha256("u")}?offset=x`, "REQUEST_INVALID"],
    "by offset": ["admin", `/v1/uploads/${sha256("u")}?offset=5`, "UPLOAD_OFFSET"],
  } as const;
  for (const [why, [who, path, code]] of Object.entries(cases))
    test(`${why}: the answer can be read, and the connection goes on`, async () => {
      const first = await server.send(who, "PUT", path, { body: LONG });
      assert.equal(codeOf(first), code);
      const second = await server.send(who, "GET", "/v1/devices");
      assert.equal(second.status, 200);
      assert.ok(second.socket === first.socket, "the connection goes on");
    });

  test("who asks before sending (Expect: 100-continue) need not send", async () => {
    const headers = { expect: "100-continue", "content-length": LONG.length };
    const sent = request({
      ...{ host: "127.0.0.1", port: server.port, servername: "jamesd", ...server.credentials("watcher") },
      ...{ method: "PUT", path: `/v1/uploads/${sha256("u")}`, headers, agent: false },
    });
    sent.on("error", () => undefined);
    sent.flushHeaders();
    const [answer] = await once(sent, "response");
    assert.equal(answer.statusCode, 403);
    sent.destroy();
  });

  test("who never ends is cut off, and the server lives", async () => {
    const options = { host: "127.0.0.1", port: server.port, servername: "jamesd" };
    const socket = connect({ ...options, ...server.credentials("watcher") });
    socket.on("error", () => undefined);
    socket.resume();
    const head = `PUT /v1/uploads/${sha256("u")} HTTP/1.1\r\nHost: jamesd\r\nContent-Length: ${2 ** 40}\r\n\r\n`;
    socket.write(head);
    const more = (): void => {
      while (!socket.destroyed && socket.write(LONG.subarray(0, 1024 * 1024)));
    };
    socket.on("drain", more);
    more();
    await closed(socket);
    assert.equal((await server.send("admin", "GET", "/v1/devices")).status, 200);
  });
});

describe("identity", () => {
  test("a connection that is resumed is the same device's, and nobody else's", async () => {
    const agents: Agent[] = [];
    const whoIs = async (name: string, options: object): Promise<boolean> => {
      const state = { systemtags: [name, String(agents.length)], apps: [] };
      const body = { digest: stateDigest(state), state };
      const agent = new Agent({ keepAlive: false, maxCachedSessions: 0, ...options });
      agents.push(agent);
      const answer = await server.send(name, "POST", "/v1/checkin", { body, agent });
      assert.equal(answer.status, 204);
      const device = jsonOf(await server.send("admin", "GET", `/v1/devices/${name}`));
      assert.deepEqual((device as { systemtags: string[] }).systemtags, state.systemtags);
      return answer.isResumed;
    };
    const session = await sessionOf("device-1");
    assert.equal(await whoIs("device-1", {}), false);
    assert.equal(await whoIs("device-1", { session }), true);
  });

  test("a session stays that of the certificate it began with, whatever is offered with it later", async () => {
    const session = await sessionOf("device-1");
    await report(server, "device-2", ["untouched"]);
    const state = { systemtags: ["resumed"], apps: [] };
    const body = { digest: stateDigest(state), state };
    const agent = new Agent({ keepAlive: false, session });
    const answer = await server.send("device-2", "POST", "/v1/checkin", { body, agent });
    const tags = async (id: string) =>
      (jsonOf(await server.send("admin", "GET", `/v1/devices/${id}`)) as { systemtags: string[] }).systemtags;
    assert.equal(answer.isResumed, true);
    assert.deepEqual(await tags("device-1"), ["resumed"]);
    assert.deepEqual(await tags("device-2"), ["untouched"]);
  });

  test("without a certificate there is no answer", async () => {
    const { ca } = server.credentials("admin");
    const socket = connect({ host: "127.0.0.1", port: server.port, servername: "jamesd", ca });
    socket.on("error", () => undefined);
    socket.write("GET /v1/openapi.json HTTP/1.1\r\nHost: jamesd\r\n\r\n");
    let said = "";
    socket.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await closed(socket);
    assert.equal(said, "");
  });

  test("a server's certificate is no client's", async () => {
    const answer = await server.send("jamesd", "GET", "/v1/devices").catch((thrown: Error) => thrown);
    assert.ok(answer instanceof Error || codeOf(answer) === "ROLE_FORBIDDEN");
  });

  /** A TLS session as the server gave it out. */
  async function sessionOf(name: string): Promise<Buffer> {
    const options = { host: "127.0.0.1", port: server.port, servername: "jamesd" };
    const socket = connect({ ...options, ...server.credentials(name) });
    const given = once(socket, "session");
    // TLS 1.3 sends its tickets with the first bytes of an answer.
    socket.write("GET /v1/openapi.json HTTP/1.1\r\nHost: jamesd\r\nConnection: close\r\n\r\n");
    socket.resume();
    const [session] = await given;
    await closed(socket);
    return session as Buffer;
  }
});

describe("held check-ins over the wire", () => {
  test("a desired state reaches a held device; one that hangs up is seen to be gone", async () => {
    await addPacket(server, "push", ["v1"]);
    const body = await report(server, "device-2");
    const options = { method: "POST", path: "/v1/checkin", agent: server.agent("device-2") };
    const headers = { "content-type": "application/json", prefer: "wait=60" };
    const bytes = Buffer.from(JSON.stringify({ digest: body.digest }));
    const held = server.open("device-2", { ...options, headers }, bytes);
    const apps = [{ name: "push", tags: ["v1"] }];
    const set = await server.send("admin", "PUT", "/v1/devices/device-2/desired", { body: { apps } });
    const { plan } = jsonOf(await held) as { plan: { target: string } };
    assert.equal(plan.target, (jsonOf(set) as { target: string }).target);

    const deferred = Buffer.from(JSON.stringify({ digest: body.digest, deferred: plan.target }));
    const gone = server.open("device-2", { ...options, headers }, deferred);
    const isConnected = async () => {
      const device = await server.send("admin", "GET", "/v1/devices/device-2");
      return (jsonOf(device) as { connected: boolean }).connected;
    };
    while (!(await isConnected()));
    server.agent("device-2").destroy();
    await assert.rejects(gone);
    while (await isConnected());
  });
});

test("a device that hangs up between two check-ins is seen to be gone", async () => {
  await using quick = await TestServer.start([], { maxHold: 1 }, { comeBack: 1 });
  const { digest } = await report(quick, "device-1");
  const isConnected = async () => {
    const device = await quick.send("admin", "GET", "/v1/devices/device-1");
    // It is refused at last, where nothing changes.
    assert.equal(device.status, 200);
    return (jsonOf(device) as { connected: boolean }).connected;
  };
  const headers = { "content-type": "application/json", prefer: "wait=60" };
  const { status } = await quick.send("device-1", "POST", "/v1/checkin", { body: { digest }, headers });
  assert.deepEqual([status, await isConnected()], [204, true]);
  quick.agent("device-1").destroy();
  while (await isConnected());
});
