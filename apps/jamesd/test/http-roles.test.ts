import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { FORMATS, type Role, roleText, stateDigest } from "@jamesd/model";
import { type About, openApiDocument, ROUTES, type Route, type RouteName } from "@jamesd/protocol";
import { VERSION } from "../src/version.ts";
import { addPacket, BLOB, NOTHING, report } from "./http-seed.ts";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

const WHO: Readonly<Record<Role, string>> = { device: "device-1", operator: "admin", viewer: "watcher" };

let server: TestServer;
let packet = "";

before(async () => {
  // What is a device's own is seen by http-reads.test.ts.
  server = await TestServer.start([], { deviceReads: "any" });
  await report(server, "device-1");
  packet = await addPacket(server, "vpn", ["v1"]);
  const set = await server.send("admin", "PUT", "/v1/devices/device-1/desired", { body: { apps: [] } });
  assert.equal(set.status, 200);
});
after(() => server[Symbol.asyncDispose]());

/** Each route's parameter and body, and what who may call it is answered. */
const CALLS: Readonly<
  Record<RouteName, () => { param?: string; query?: string; body?: unknown; status: number }>
> = {
  checkin: () => ({ body: { digest: stateDigest({ systemtags: [], apps: [] }) }, status: 204 }),
  ping: () => ({ status: 204 }),
  about: () => ({ status: 200 }),
  renewCertificate: () => ({ body: { request: "" }, status: 409 }),
  getBlob: () => ({ param: BLOB, status: 200 }),
  getBundle: () => ({ param: packet, status: 200 }),
  getWholeBundle: () => ({ param: packet, status: 204 }),
  getDelta: () => ({ param: packet, query: `?base=${NOTHING}`, status: 204 }),
  getPacket: () => ({ param: packet, status: 200 }),
  getArchive: () => ({ param: packet, status: 200 }),
  listPackets: () => ({ query: "?name=vpn&tags=v1", status: 200 }),
  findPath: () => ({ query: "?path=opt/vpn&device=device-1&after=0", status: 200 }),
  addPacket: () => ({ body: { name: "x", tags: [], upload: NOTHING }, status: 404 }),
  removePacket: () => ({ param: NOTHING, query: "?force=true", status: 404 }),
  getUpload: () => ({ param: NOTHING, status: 200 }),
  putUpload: () => ({ param: NOTHING, query: "?offset=9", body: Buffer.from("x"), status: 409 }),
  listDevices: () => ({ status: 200 }),
  getDevice: () => ({ param: "device-1", status: 200 }),
  getDesiredState: () => ({ param: "device-1", status: 200 }),
  retry: () => ({ param: "device-1", status: 409 }),
  revoke: () => ({ body: { locked: { kind: "name", name: "nobody" } }, status: 200 }),
  unrevoke: () => ({ body: { locked: { kind: "name", name: "no-one" } }, status: 404 }),
  renewDevices: () => ({ body: { ids: ["nobody"] }, status: 409 }),
  listRevoked: () => ({ status: 200 }),
  makeEnrollToken: () => ({ body: { forMs: 1 }, status: 409 }),
  listEnrollTokens: () => ({ status: 409 }),
  revokeEnrollToken: () => ({ param: "none", status: 409 }),
  listEnrollments: () => ({ status: 409 }),
  approveEnrollment: () => ({ body: { id: "d", fingerprint: NOTHING }, status: 409 }),
  rejectEnrollment: () => ({ body: { id: "d", fingerprint: NOTHING }, status: 409 }),
  addCertificate: () => ({ body: { certificate: "" }, status: 409 }),
  go: () => ({ param: "device-1", body: {}, status: 409 }),
  verify: () => ({ param: "device-1", status: 409 }),
  reinstall: () => ({ param: "device-1", body: { app: "none" }, status: 409 }),
  tagDevice: () => ({ param: "device-1", body: { add: ["lab"], dryRun: true }, status: 200 }),
  adoptState: () => ({ body: { ids: ["none"], keep: "device" }, status: 404 }),
  setDesiredState: () => ({ param: "device-1", body: { apps: [] }, status: 200 }),
  removeDevice: () => ({ param: "device-1", status: 409 }),
  getPlan: () => ({ param: "device-1", status: 200 }),
  explain: () => ({ param: "device-1", query: "?name=vpn", status: 200 }),
  listSpecs: () => ({ status: 200 }),
  getSpec: () => ({ param: "none", status: 404 }),
  apply: () => ({ body: { documents: [] }, status: 200 }),
  revert: () => ({ body: { to: 1 }, status: 200 }),
  listRevisions: () => ({ query: "?kind=device&id=device-1&limit=1", status: 200 }),
  getChanges: () => ({ query: "?from=0&to=1", status: 200 }),
  getBlame: () => ({ query: "?kind=device&id=device-1", status: 200 }),
  getDeviceColumns: () => ({ query: "?limit=10", status: 200 }),
  getSummary: () => ({ status: 200 }),
  listEvents: () => ({ query: "?device=device-1&kinds=revision&last=1", status: 200 }),
  listRollouts: () => ({ query: "?all=true&before=9&limit=1", status: 200 }),
  getRollout: () => ({ param: "9", status: 404 }),
  getRolloutCounts: () => ({ param: "9", status: 404 }),
  listRolloutPackets: () => ({ param: "9", status: 404 }),
  listRolloutDevices: () => ({ param: "9", query: "?wave=1&progress=failed&after=d&limit=1", status: 404 }),
  pauseRollout: () => ({ param: "9", body: {}, status: 404 }),
  resumeRollout: () => ({ param: "9", body: { accept: true }, status: 404 }),
  approveRollout: () => ({ param: "9", body: { wave: 2 }, status: 404 }),
  promoteRollout: () => ({ param: "9", body: { message: "x" }, status: 404 }),
  revertRollout: () => ({ param: "9", body: {}, status: 404 }),
  retryRollout: () => ({ param: "9", status: 404 }),
  getImpact: () => ({ query: "?name=vpn&tags=v9", status: 200 }),
};

for (const [name, route] of Object.entries<Route>(ROUTES))
  describe(`${name}: ${route.method} ${route.path}`, () => {
    for (const [role, who] of Object.entries(WHO)) {
      const may = route.roles.includes(role as Role);
      test(`${role} ${may ? "may" : "may not"}`, async () => {
        const { param = "", query = "", body, status } = CALLS[name as RouteName]();
        const path = route.path.replace(/:\w+/, param) + query;
        const answer = await server.send(who, route.method, path, { body });
        if (may) return assert.equal(answer.status, status, answer.body.toString());
        assert.deepEqual([answer.status, codeOf(answer)], [403, "ROLE_FORBIDDEN"]);
        const { message, hint } = jsonOf(answer) as Record<string, string>;
        assert.match(message ?? "", new RegExp(`^${who} is ${roleText(role as Role)} and may not`));
        for (const other of route.roles) assert.ok(hint?.includes(other));
      });
    }

    test("who may not is told so before anything of the request is looked at", async () => {
      const stranger = Object.keys(WHO).find((role) => !route.roles.includes(role as Role));
      if (!stranger) return;
      const path = `${route.path.replace(/:\w+/, "%00")}?no=such`;
      const body = route.body && Buffer.from("{");
      const answer = await server.send(WHO[stranger as Role], route.method, path, { body });
      assert.equal(codeOf(answer), "ROLE_FORBIDDEN");
    });
  });

test("whoever has a certificate may read the description, and it is the protocol's", async () => {
  for (const who of Object.values(WHO)) {
    const answer = await server.send(who, "GET", "/v1/openapi.json");
    const document = jsonOf(answer) as { info: { version: string } };
    assert.deepEqual(document, JSON.parse(JSON.stringify(openApiDocument(document.info.version))));
  }
});

test("the server says whom it takes the holder of a certificate for", async () => {
  const { cert } = server.credentials("watcher");
  const { validTo, issuer } = new X509Certificate(cert);
  const { you, version, formats, renews } = jsonOf(await server.send("watcher", "GET", "/v1/about")) as About;
  const certEnds = Date.parse(validTo);
  assert.deepEqual(you, { name: "watcher", role: "viewer", certEnds, issuer: issuer.replaceAll("\n", ", ") });
  assert.deepEqual([version, formats, renews], [VERSION, FORMATS, undefined]);
});

test("HEAD is for who may GET", async () => {
  assert.equal((await server.send("watcher", "HEAD", "/v1/devices")).status, 200);
  assert.equal((await server.send("device-1", "HEAD", "/v1/devices")).status, 403);
  const blob = await server.send("device-1", "HEAD", `/v1/blobs/${BLOB}`);
  assert.deepEqual([blob.status, blob.headers.etag, blob.body.length], [200, `"${BLOB}"`, 0]);
});

test("a device is who its certificate says, whatever its body says", async () => {
  const state = { id: "device-1", systemtags: ["forged"], apps: [] };
  const digest = stateDigest(state);
  const body = { id: "device-1", name: "device-1", digest, state };
  await server.send("device-2", "POST", "/v1/checkin", { body, headers: { "x-device-id": "device-1" } });
  const tagsOf = async (id: string) =>
    (jsonOf(await server.send("admin", "GET", `/v1/devices/${id}`)) as { systemtags: string[] }).systemtags;
  assert.deepEqual(await tagsOf("device-1"), []);
  assert.deepEqual(await tagsOf("device-2"), ["forged"]);
});
