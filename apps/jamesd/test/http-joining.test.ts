import assert from "node:assert/strict";
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseScope, stateDigest } from "@jamesd/model";
import { issueForRequest, openAuthority, readSigningRequest } from "@jamesd/pki";
import { parseToken } from "@jamesd/pki/token";
import { type Device, deviceCalled, Enrolling } from "./enrolling.ts";
import { type Answer, codeOf, jsonOf } from "./http-server.ts";

interface Issued {
  readonly certificate: string;
  readonly authorities: string;
  readonly device: string;
}

function issuedOf(answer: Answer): Issued {
  assert.equal(answer.status, 201, answer.body.toString());
  return jsonOf(answer) as Issued;
}

function refused(answer: Answer): void {
  assert.deepEqual([answer.status, codeOf(answer)], [403, "ENROLLMENT_REFUSED"]);
}

function waits(answer: Answer): void {
  assert.equal(answer.status, 202, answer.body.toString());
  const { state, retryInMs } = jsonOf(answer) as { state: string; retryInMs: number };
  assert.equal(state, "waiting");
  assert.ok(retryInMs >= 1000);
}

/** What a device is answered that comes with a certificate that it was issued. */
function comeIn(
  { server }: Enrolling,
  { key }: Device,
  { certificate }: Issued,
  path = "/v1/ping",
  body?: object,
) {
  const bytes = body && Buffer.from(JSON.stringify(body));
  const method = body ? "POST" : "GET";
  const headers = bytes && { "content-type": "application/json" };
  return server.open("device-1", { method, path, headers, cert: certificate, key, agent: false }, bytes);
}

test("a device joins by a token with the tags of it, and is a device whatever it asks for", async () => {
  await using fleet = await Enrolling.start({ operators: ["board-1"] });
  const secret = await fleet.token({ id: "board-1", tags: ["lab"] });
  const { authority } = parseToken(secret);
  const board = deviceCalled("board-1");
  const offered = jsonOf(await fleet.ask("GET", "/v1/authorities")) as { authorities: string };
  const { ca } = fleet.server.credentials("jamesd");
  assert.equal(offered.authorities, ca);
  assert.equal(authority, fingerprintOf(ca));

  const issued = issuedOf(await fleet.enroll(board, secret));
  assert.deepEqual([issued.device, issued.authorities], ["board-1", ca]);
  const deviceCa = new X509Certificate(readFileSync(fleet.files.cert));
  const certificate = new X509Certificate(issued.certificate);
  assert.ok(certificate.verify(deviceCa.publicKey));
  assert.equal(certificate.keyUsage?.join(), "1.3.6.1.5.5.7.3.2");

  const about = jsonOf(await comeIn(fleet, board, issued, "/v1/about")) as {
    you: { name: string; role: string };
    renews?: boolean;
  };
  assert.equal(about.renews, true);
  assert.deepEqual(
    [about.you.name, about.you.role],
    ["board-1", "device"],
    "--operators does not make it one",
  );
  const state = { systemtags: [], apps: [] };
  const checkin = await comeIn(fleet, board, issued, "/v1/checkin", { digest: stateDigest(state), state });
  assert.equal(checkin.status, 204, checkin.body.toString());
  const { givenTags } = await fleet.admin("GET", "/v1/devices/board-1");
  assert.deepEqual(givenTags, ["lab"]);

  const [told] = await fleet.admin<{ kind: string; device: string; token: string; tags: string[] }[]>(
    "GET",
    "/v1/events?kinds=device-enrolled",
  );
  assert.deepEqual([told?.device, told?.tags], ["board-1", ["lab"]]);
  const log = JSON.stringify(await fleet.admin("GET", "/v1/events"));
  const listed = JSON.stringify(await fleet.admin("GET", "/v1/enroll-tokens"));
  for (const text of [log, listed]) assert.equal(text.includes(parseToken(secret).secret), false);
});

test("a token is good so often, so long, and for whom it says; it can be taken back", async () => {
  await using fleet = await Enrolling.start();
  const once = await fleet.token();
  const first = deviceCalled("d-1");
  const issued = issuedOf(await fleet.enroll(first, once));
  assert.equal(issuedOf(await fleet.enroll(first, once)).certificate, issued.certificate, "a lost answer");
  assert.equal(issuedOf(await fleet.enroll(first)).certificate, issued.certificate, "also without the token");
  refused(await fleet.enroll(deviceCalled("d-2"), once));
  const [shown] = await fleet.admin<{ token: string; used: number; lastUsed: number }[]>(
    "GET",
    "/v1/enroll-tokens",
  );
  assert.equal(shown?.used, 1);
  assert.ok(shown.lastUsed > 0);

  refused(await fleet.enroll(deviceCalled("d-3"), await fleet.token({ forMs: 1 })));
  refused(await fleet.enroll(deviceCalled("d-3"), await fleet.token({ id: "d-4" })));
  refused(await fleet.enroll(deviceCalled("d-3"), await fleet.token({ prefix: "site-" })));
  issuedOf(await fleet.enroll(deviceCalled("site-3"), await fleet.token({ prefix: "site-" })));
  const revoked = await fleet.token();
  await fleet.admin("DELETE", `/v1/enroll-tokens/${revoked.split(".")[0]}`);
  refused(await fleet.enroll(deviceCalled("d-3"), revoked));
  const good = await fleet.token();
  const [id, , sha] = good.split(".");
  refused(await fleet.enroll(deviceCalled("d-3"), `${id}.${"A".repeat(32)}.${sha}`));
  refused(await fleet.enroll(deviceCalled("d-3"), `0000000000.${good.split(".")[1]}.${sha}`));
  const gone = await fleet.server.send("admin", "DELETE", "/v1/enroll-tokens/none");
  assert.deepEqual([gone.status, codeOf(gone)], [404, "TOKEN_UNKNOWN"]);
});

test("of two devices that race for one use one is let in", async () => {
  await using fleet = await Enrolling.start();
  const once = await fleet.token();
  const answers = await Promise.all([1, 2, 3, 4].map((n) => fleet.enroll(deviceCalled(`d-${n}`), once)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 403, 403, 403]);
});

test("who comes without a token waits until an operator has decided; a rejection lasts", async () => {
  await using fleet = await Enrolling.start();
  const [one, other] = [deviceCalled("d-1"), deviceCalled("d-1")];
  for (const device of [one, other, one]) waits(await fleet.enroll(device));
  type Listed = { id: string; fingerprint: string; state: string; taken: boolean };
  const list = () => fleet.admin<Listed[]>("GET", "/v1/enrollments");
  const waiting = await list();
  assert.deepEqual(
    waiting.map(({ id, state, taken }) => [id, state, taken]),
    [
      ["d-1", "waiting", false],
      ["d-1", "waiting", false],
    ],
  );
  const [first, second] = waiting.map(({ id, fingerprint }) => ({ id, fingerprint }));
  await fleet.admin("POST", "/v1/enrollments/reject", first);
  refused(await fleet.enroll(one));
  refused(await fleet.enroll(one, await fleet.token()));
  const approved = await fleet.admin("POST", "/v1/enrollments/approve", { ...second, tags: ["lab"] });
  assert.equal(approved.state, "approved");
  const issued = issuedOf(await fleet.enroll(other));
  assert.equal((await comeIn(fleet, other, issued)).status, 204);
  assert.deepEqual(
    (await list()).map(({ state, taken }) => [state, taken]),
    [["rejected", true]],
  );
  const nobody = { id: "d-9", fingerprint: first?.fingerprint };
  const unknown = await fleet.server.send("admin", "POST", "/v1/enrollments/approve", { body: nobody });
  assert.deepEqual([unknown.status, codeOf(unknown)], [404, "ENROLLMENT_UNKNOWN"]);
});

test("who is expected is let in with its key, and nobody else", async () => {
  await using fleet = await Enrolling.start();
  const board = deviceCalled("d-1");
  const { fingerprint } = readSigningRequest(board.request);
  const expected = { id: "d-1", fingerprint, expected: true, tags: ["lab"] };
  await fleet.admin("POST", "/v1/enrollments/approve", expected);
  waits(await fleet.enroll(deviceCalled("d-1")));
  waits(await fleet.enroll(deviceCalled("d-1"), await fleet.token()));
  issuedOf(await fleet.enroll(board));
});

test("a name that another key has is given only by an operator", async () => {
  await using fleet = await Enrolling.start();
  const token = await fleet.token({ uses: 9, tags: ["lab"] });
  issuedOf(await fleet.enroll(deviceCalled("d-1"), token));
  const replacement = deviceCalled("d-1");
  waits(await fleet.enroll(replacement, token));
  waits(await fleet.enroll(replacement, token));
  const [listed] = await fleet.admin<{ id: string; fingerprint: string; taken: boolean }[]>(
    "GET",
    "/v1/enrollments",
  );
  assert.equal(listed?.taken, true);
  const [shown] = await fleet.admin<{ used: number }[]>("GET", "/v1/enroll-tokens");
  assert.equal(shown?.used, 1, "who waits has used up nothing");
  await fleet.admin("POST", "/v1/enrollments/approve", { id: listed.id, fingerprint: listed.fingerprint });
  issuedOf(await fleet.enroll(replacement, token));
  // One that came with a certificate of pkitool.
  const state = { systemtags: [], apps: [] };
  const body = { digest: stateDigest(state), state };
  assert.equal((await fleet.server.send("device-1", "POST", "/v1/checkin", { body })).status, 204);
  waits(await fleet.enroll(deviceCalled("device-1"), token));
});

test("who is locked out does not come in by joining: by its name, nor by its key under another", async () => {
  await using fleet = await Enrolling.start();
  const token = await fleet.token({ uses: 9 });
  const stolen = deviceCalled("d-1");
  const { certificate } = issuedOf(await fleet.enroll(stolen, token));
  const { serialNumber } = new X509Certificate(certificate);
  const serial = serialNumber.toLowerCase().replace(/^0+/, "");
  await fleet.admin("POST", "/v1/revocations", { locked: { kind: "certificate", serial, issuer: null } });
  refused(await fleet.enroll(stolen, token));
  refused(await fleet.enroll(deviceCalled("d-2", createPrivateKey(stolen.key)), token));
  await fleet.admin("POST", "/v1/revocations", { locked: { kind: "name", name: "d-3" } });
  refused(await fleet.enroll(deviceCalled("d-3"), token));
  issuedOf(await fleet.enroll(deviceCalled("d-4"), token));
});

test("an operator of a part of the fleet locks out a device that joined under a person's name, and not the person", async () => {
  // Of the operator; it is no device here. Each may ask four times: what the device asks for does not count for the person.
  const site = "device-2";
  const scopes = new Map([[site, parseScope({ devices: ["given:lab"], packets: [] })]]);
  await using fleet = await Enrolling.start({ operators: [site], scopes, maxRequests: 1 });
  const { server } = fleet;
  const device = deviceCalled("watcher");
  const issued = issuedOf(await fleet.enroll(device, await fleet.token({ tags: ["lab"] })));
  const state = { systemtags: [], apps: [] };
  await comeIn(fleet, device, issued, "/v1/checkin", { digest: stateDigest(state), state });
  for (let i = 0; i < 2; i++) await comeIn(fleet, device, issued);
  const post = (who: string, path: string) =>
    server.send(who, "POST", path, { body: { locked: { kind: "name", name: "watcher" } } });
  const seen = async () => [
    (await comeIn(fleet, device, issued)).status,
    (await server.send("watcher", "GET", "/v1/devices")).status,
  ];
  const [added] = jsonOf(await post(site, "/v1/revocations")) as { locked: object }[];
  assert.deepEqual(added?.locked, { kind: "name", name: "watcher", devicesOnly: true });
  assert.deepEqual(await seen(), [401, 200]);
  assert.equal((jsonOf(await post("admin", "/v1/revocations")) as object[]).length, 1);
  assert.deepEqual(await seen(), [401, 401]);
  assert.equal(codeOf(await post(site, "/v1/revocations/lift")), "SCOPE_EXCEEDED");
  assert.equal((jsonOf(await post("admin", "/v1/revocations/lift")) as object[]).length, 2);
  assert.deepEqual(await seen(), [204, 200]);
});

test("without its key the server waits for who has it: what is signed elsewhere is handed over", async () => {
  await using fleet = await Enrolling.start({ isOffline: true });
  const board = deviceCalled("d-1");
  const token = await fleet.token({ tags: ["lab"] });
  waits(await fleet.enroll(board, token));
  waits(await fleet.enroll(board, token));
  type Listed = { id: string; state: string; request: string };
  const [listed] = await fleet.admin<Listed[]>("GET", "/v1/enrollments");
  assert.deepEqual([listed?.id, listed?.state, listed?.request], ["d-1", "approved", board.request]);
  const [cert, key] = [fleet.files.cert, fleet.files.key].map((file) => readFileSync(file, "utf8"));
  const authority = await openAuthority({ cert: cert ?? "", key: key ?? "" });
  const period = { starts: Date.now() - 1000, ends: Date.now() + 60_000 };
  const sign = (device: Device) => issueForRequest(authority, readSigningRequest(device.request), period);
  const post = (certificate: string) =>
    fleet.server.send("admin", "POST", "/v1/certificates", { body: { certificate } });
  assert.equal(codeOf(await post(await sign(deviceCalled("d-1")))), "ENROLLMENT_UNKNOWN");
  assert.equal(codeOf(await post(fleet.server.credentials("device-1").cert)), "CERTIFICATE_INVALID");
  assert.equal(codeOf(await post("none")), "REQUEST_INVALID");
  const certificate = await sign(board);
  for (let i = 0; i < 2; i++) assert.equal((await post(certificate)).status, 200);
  const issued = issuedOf(await fleet.enroll(board, token));
  assert.equal(
    new X509Certificate(issued.certificate).fingerprint256,
    new X509Certificate(certificate).fingerprint256,
  );
  assert.equal((await comeIn(fleet, board, issued)).status, 204);
});

function fingerprintOf(pem: string): string {
  const der = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex");
}
