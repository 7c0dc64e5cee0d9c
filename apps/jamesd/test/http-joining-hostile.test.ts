import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { connect } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import {
  issueCertificate,
  makeDeviceAuthority,
  makeSigningRequest,
  openAuthority,
  type PemPair,
} from "@jamesd/pki";
import { closed } from "@jamesd/testkit";
import { pino } from "pino";
import { startServer } from "../src/server.ts";
import { deviceCalled, Enrolling, writePair } from "./enrolling.ts";
import { codeOf, jsonOf } from "./http-server.ts";

const SILENT = pino({ level: "silent" });

test("nothing but joining is offered to whom has no certificate, and the main port offers nothing at all", async () => {
  await using fleet = await Enrolling.start();
  for (const path of ["/v1/ping", "/v1/devices", "/v1/openapi.json", "/"]) {
    const answer = await fleet.ask("GET", path);
    assert.deepEqual([answer.status, codeOf(answer)], [404, "ROUTE_UNKNOWN"], path);
    assert.equal(answer.headers.connection, "close");
  }
  const { port } = fleet.server;
  const { ca } = fleet.server.credentials("jamesd");
  const stranger = { ca, cert: undefined, key: undefined, agent: false } as const;
  for (const path of ["/v1/authorities", "/v1/enrollments"])
    await assert.rejects(fleet.server.open("device-1", { port, path, ...stranger }), { code: "ECONNRESET" });
  // Who may ask on the main port may not make itself a token.
  const mine = await fleet.server.send("device-1", "POST", "/v1/enroll-tokens", { body: { forMs: 1 } });
  assert.equal(codeOf(mine), "ROLE_FORBIDDEN");
});

test("bodies that are broken, long, deep or no request are refused, and cost nothing", async () => {
  await using fleet = await Enrolling.start();
  const good = deviceCalled("d-1");
  const der = Buffer.from(good.request.replace(/-----.*-----/g, ""), "base64");
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  const flipped = good.request.replace(/-----\n[^-]+/, `-----\n${der.toString("base64")}\n`);
  const weak = generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey;
  const bodies: readonly unknown[] = [
    ...[{}, [], null, "text", { request: 7 }, { request: "" }, { request: "-----BEGIN" }],
    { request: flipped },
    { request: makeSigningRequest("d-1", weak) },
    { request: `${good.request}${good.request}` },
    { request: "A".repeat(20_000) },
    { request: good.request, token: { id: "x" } },
    { request: good.request, token: { id: "x".repeat(100), secret: "y" } },
    { request: good.request, admin: true },
    Buffer.from("{"),
    Buffer.from(`{"request":${"[".repeat(15_000)}${"]".repeat(15_000)}}`),
    Buffer.from(JSON.stringify({ request: "A".repeat(40_000) })),
  ];
  for (const body of bodies) {
    const answer = await fleet.ask("POST", "/v1/enrollments", body);
    assert.ok([400, 401].includes(answer.status), `${JSON.stringify(body).slice(0, 60)}: ${answer.body}`);
  }
  const huge = fleet.ask("POST", "/v1/enrollments", Buffer.alloc(64 * 1024 * 1024, "["));
  await huge.then(
    ({ status }) => assert.equal(status, 400),
    (error: NodeJS.ErrnoException) => assert.match(String(error.code), /ECONNRESET|EPIPE/),
  );
  assert.deepEqual(await fleet.admin("GET", "/v1/enrollments"), []);
  const names = ["", "a b", "a/b", "..", "-x", "x".repeat(65), "a,b"];
  for (const name of names)
    assert.throws(() => makeSigningRequest(name, weak), { code: "NAME_INVALID" }, name);
});

test("of one place so many connections are taken, and the others wait for another time", async () => {
  await using fleet = await Enrolling.start();
  const port = fleet.server.enrollPort;
  const flood = async () => {
    for (let i = 0; i < 100; i++) {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      await once(socket, "connect");
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: 8 }, flood));
  // In the time that each takes one may find a place again.
  const asked = Array.from({ length: 30 }, () => fleet.ask("GET", "/v1/authorities"));
  await assert.rejects(Promise.all(asked), { code: "ECONNRESET" });
  await Promise.allSettled(asked);
  // Whoever has a certificate is served as ever.
  assert.equal((await fleet.server.send("device-1", "GET", "/v1/ping")).status, 204);
});

test("of one place so many are written into the queue", async () => {
  await using fleet = await Enrolling.start();
  const statuses: number[] = [];
  for (let i = 0; i < 103; i++) statuses.push((await fleet.enroll(deviceCalled(`d-${i}`))).status);
  assert.deepEqual([statuses.filter((status) => status === 202).length, statuses.at(-1)], [100, 503]);
  const waiting = await fleet.admin<object[]>("GET", "/v1/enrollments");
  assert.equal(waiting.length, 100);
  // A device with a token needs no place there.
  assert.equal((await fleet.enroll(deviceCalled("d-x"), await fleet.token())).status, 201);
});

test("who says nothing, or too slowly, is cut off", async () => {
  await using fleet = await Enrolling.start({}, { handshake: 300 });
  const silent = connect(fleet.server.enrollPort, "127.0.0.1");
  silent.on("error", () => undefined);
  await closed(silent);
  const { ca } = fleet.server.credentials("jamesd");
  const slow = connectTls({ port: fleet.server.enrollPort, host: "127.0.0.1", servername: "jamesd", ca });
  slow.on("error", () => undefined);
  slow.write("POST /v1/enrollments HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
  slow.resume();
  await closed(slow);
});

test("a certificate of the device CA is a device's, whatever it says", async () => {
  await using fleet = await Enrolling.start();
  const pair = { cert: readFileSync(fleet.files.cert, "utf8"), key: readFileSync(fleet.files.key, "utf8") };
  const authority = await openAuthority(pair);
  const { ca } = fleet.server.credentials("jamesd");
  for (const kind of ["operator", "viewer", "server"] as const) {
    const forged = await issueCertificate(authority, { kind, name: "admin", days: 1 }, Date.now());
    const about = fleet.server.open("device-1", { path: "/v1/about", ca, ...forged, agent: false });
    if (kind === "server") await assert.rejects(about, { code: "ECONNRESET" });
    else assert.equal((jsonOf(await about) as { you: { role: string } }).you.role, "device");
  }
});

test("a server that could not know its devices does not begin", async () => {
  await using fleet = await Enrolling.start();
  const { config } = fleet.server;
  const other = await makeDeviceAuthority(Date.now());
  const begin = (changed: object) =>
    startServer({ ...config, data: `${config.data}-2`, ...changed }, SILENT).then((server) => server.close());
  const { cert } = fleet.files;
  for (const [changed, says] of [
    [{ deviceCa: undefined }, /--device-ca-key is of no use without --device-ca/],
    [{ deviceCa: undefined, deviceCaKey: undefined }, /--enroll-addr is of no use without --device-ca/],
    [{ deviceCa: config.ca, deviceCaKey: undefined }, /is in .* as well, or has a key of it/],
    [{ deviceCa: config.cert, deviceCaKey: undefined }, /may not sign certificates/],
    [{ deviceCaKey: config.key }, /does not belong to a certificate in/],
    [{ deviceCa: `${cert}.none` }, /cannot read/],
  ] as const)
    await assert.rejects(begin(changed), says);
  writeFileSync(cert, other.cert);
  await assert.rejects(begin({}), /does not belong/);
});

test("a device CA that is replaced counts at once, and what cannot be read changes nothing", async (t) => {
  await using fleet = await Enrolling.start();
  const token = await fleet.token({ uses: 9 });
  const join = async (id: string) => {
    const device = deviceCalled(id);
    const { certificate } = jsonOf(await fleet.enroll(device, token)) as { certificate: string };
    return { cert: certificate, key: device.key };
  };
  const ping = ({ cert, key }: PemPair) =>
    fleet.server.open("device-1", { path: "/v1/ping", cert, key, agent: false }).then(
      ({ status }) => status,
      () => "cut",
    );
  const before = await join("d-1");
  const old = readFileSync(fleet.files.cert, "utf8");
  const next = await makeDeviceAuthority(Date.now());
  writeFileSync(fleet.files.cert, "none");
  assert.throws(() => fleet.server.reload(), { code: "CERTIFICATE_INVALID" });
  assert.equal(await ping(before), 204);
  writePair(fleet.files, { cert: `${next.cert}${old}`, key: next.key });
  fleet.server.reload();
  const after = await join("d-2");
  assert.deepEqual([await ping(before), await ping(after)], [204, 204], "both count");
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const kept = await fleet.server.open("device-1", { path: "/v1/ping", ...before, agent });
  writePair(fleet.files, next);
  fleet.server.reload();
  await closed(kept.socket);
  assert.deepEqual([await ping(before), await ping(after)], ["cut", 204]);
});
