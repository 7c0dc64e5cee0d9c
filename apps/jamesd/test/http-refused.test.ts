import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { after, before, describe, test } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type DeviceState, sha256, stateDigest } from "@jamesd/model";
import { issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { closed } from "@jamesd/testkit";
import { pino } from "pino";
import { HeldRefusal } from "../src/http/held-refusal.ts";
import { report } from "./http-seed.ts";
import { codeOf, TestServer } from "./http-server.ts";

const lines: Record<string, unknown>[] = [];
const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });

let server: TestServer;
before(async () => {
  server = await TestServer.start([], {}, {}, log);
});
after(() => server[Symbol.asyncDispose]());

async function come(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port: server.port, servername: "jamesd", ...options });
  socket.on("error", () => undefined).resume();
  return socket;
}

/** The lines of the log since the last time, once the server has seen what went before. */
async function logged(): Promise<readonly Record<string, unknown>[]> {
  await server.send("admin", "GET", "/v1/ping");
  return lines.splice(0);
}

describe("who is refused stands in the log, with address, name and reason", () => {
  const strangers: Readonly<
    Record<string, () => Promise<[ConnectionOptions, name: RegExp, reason: RegExp]>>
  > = {
    "of another CA": async () => {
      const authority = await openAuthority(await makeAuthority(Date.now()));
      const foreign = await issueCertificate(
        authority,
        { kind: "operator", name: "mallory", days: 2 },
        Date.now(),
      );
      const { ca } = server.credentials("admin");
      return [{ ...foreign, ca }, /CN=mallory/, /not of our CA/];
    },
    "a server": async () => [server.credentials("jamesd"), /CN=jamesd/, /not a client's/],
    "without a certificate": async () => {
      const { ca } = server.credentials("admin");
      return [{ ca }, /^$/, /no certificate/];
    },
  };
  for (const [who, make] of Object.entries(strangers))
    test(who, async () => {
      const [options, name, reason] = await make();
      lines.length = 0;
      const socket = await come(options);
      await closed(socket);
      const [line, ...more] = await logged();
      assert.deepEqual([line?.msg, line?.from, more], ["refused a connection", "127.0.0.1", []]);
      assert.match(String(line?.name ?? ""), name);
      assert.match(String(line?.reason), reason);
    });

  test("many are some lines", async () => {
    for (let i = 0; i < 10; i++) await closed(await come({ ca: server.credentials("admin").ca }));
    assert.ok((await logged()).length <= 3);
  });
});

test("a session that is resumed without the certificate that it began with is nobody's", async () => {
  const { ca } = server.credentials("admin");
  const first = connect({ host: "127.0.0.1", port: server.port, servername: "jamesd", ca });
  first.on("error", () => undefined).resume();
  let session: Buffer | undefined;
  first.on("session", (given: Buffer) => (session = given));
  await closed(first);
  const again = connect({
    host: "127.0.0.1",
    port: server.port,
    servername: "jamesd",
    ca,
    ...(session && { session }),
  });
  again.on("error", () => undefined);
  let said = "";
  again.on("data", (chunk) => (said += chunk));
  again.write("GET /v1/openapi.json HTTP/1.1\r\nHost: jamesd\r\n\r\n");
  await closed(again);
  assert.equal(said, "");
});

test("a client that leaves early is no failure of the server", async () => {
  await logged();
  const body = "Content-Length: 1000\r\n\r\n{";
  for (const said of [
    "",
    `PUT /v1/uploads/${sha256("u")}?offset=0 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n${body}`,
    `POST /v1/packets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${body}`,
    "GET /v1/packets HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /v1/devices HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20),
  ]) {
    const plain = connectPlain(server.port, "127.0.0.1");
    const socket = connect({ socket: plain, servername: "jamesd", ...server.credentials("admin") });
    for (const end of [plain, socket]) end.on("error", () => undefined);
    await once(socket, "secureConnect");
    socket.write(said);
    await server.send("admin", "GET", "/v1/ping");
    plain.resetAndDestroy();
  }
  const plain = connectPlain(server.port, "127.0.0.1");
  plain.on("error", () => undefined);
  await once(plain, "connect");
  plain.resetAndDestroy();
  for (let i = 0; i < 5; i++) await server.send("admin", "GET", "/v1/ping");
  for (const line of await logged()) {
    assert.equal("err" in line, false, JSON.stringify(line));
    assert.ok(Number(line.level) <= 30);
  }
});

test("a certificate has so many requests under way; others are served", async () => {
  const wait = "GET /v1/events?after=999999 HTTP/1.1\r\nHost: x\r\nPrefer: wait=60\r\n\r\n";
  const sockets = await Promise.all([1, 2, 3].map(() => come(server.credentials("watcher"))));
  for (const socket of sockets) socket.write(wait.repeat(100));
  const ping = () => server.send("watcher", "GET", "/v1/ping");
  // Until all have come.
  let answer = await ping();
  while (answer.status === 204) answer = await ping();
  assert.deepEqual([answer.status, codeOf(answer), answer.headers["retry-after"]], [503, "SERVER_BUSY", "5"]);
  assert.equal((await server.send("admin", "GET", "/v1/ping")).status, 204);
  for (const socket of sockets) socket.destroy();
  while ((await ping()).status === 503);
});

test("a certificate asks only so often, and is told so later; others are served", async () => {
  await using slow = await TestServer.start([], { maxRequests: 10 });
  const ping = (who: string) => slow.send(who, "GET", "/v1/ping");
  let [answer, asked] = [await ping("device-1"), 0];
  while (answer.status === 204) {
    asked = performance.now();
    answer = await ping("device-1");
  }
  assert.deepEqual([answer.status, codeOf(answer), answer.headers["retry-after"]], [503, "SERVER_BUSY", "1"]);
  // Timers may be a moment early, and as late as they like.
  assert.ok(performance.now() - asked > HeldRefusal.MS - 20);
  assert.equal((await ping("watcher")).status, 204);
  while ((await ping("device-1")).status !== 204);
});

test("a device that reports changes again and again has to wait, however short they are; others need not", async () => {
  const statuses = new Set<number>();
  const send = (n: number, state: object | undefined) => {
    const body = { digest: stateDigest({ systemtags: [`n${n}`], apps: [] }), ...(state && { state }) };
    return server.send("device-2", "POST", "/v1/checkin", { body });
  };
  for (let n = 0; n < 1000 && !statuses.has(503); n++)
    statuses.add((await send(n, { systemtags: [`n${n}`], apps: [] })).status);
  assert.deepEqual([...statuses], [204, 503]);
  await report(server, "device-1");
  // What tells nothing costs nothing.
  assert.equal((await send(0, undefined)).status, 200);
});

test("a device that reports a long state again and again has to wait; others need not", async () => {
  const stateOf = (n: number): DeviceState => {
    const app = { digest: sha256(`${n}`), tags: [] };
    return { systemtags: [], apps: Array.from({ length: 9000 }, (_, i) => ({ ...app, name: `app-${i}` })) };
  };
  const send = (n: number) => {
    const state = stateOf(n);
    const body = { digest: stateDigest(state), state };
    return server.send("device-1", "POST", "/v1/checkin", { body });
  };
  let answer = await send(0);
  assert.equal(answer.status, 204);
  for (let n = 1; n < 100 && answer.status === 204; n++) answer = await send(n);
  assert.deepEqual([answer.status, codeOf(answer)], [503, "SERVER_BUSY"]);
  assert.ok(Number(answer.headers["retry-after"]) > 0);
  await report(server, "device-1");
});

test("what is no handshake is refused with what TLS says of it", async () => {
  const refused: Record<string, unknown>[] = [];
  const own = pino({ level: "debug" }, { write: (line: string) => void refused.push(JSON.parse(line)) });
  await using server = await TestServer.start([], {}, {}, own);
  const socket = connectPlain(server.port, "127.0.0.1").on("error", () => undefined);
  socket.resume().write("GET / HTTP/1.1\r\n\r\n");
  await closed(socket);
  await server.send("admin", "GET", "/v1/ping");
  const [line, ...more] = refused.filter(({ msg }) => msg === "refused a connection");
  assert.deepEqual([line?.from, more], ["127.0.0.1", []]);
  assert.match(String(line?.reason), /http request|wrong version/);
});
