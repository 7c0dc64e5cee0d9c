import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { stateDigest } from "@jamesd/model";
import { issueCertificate, issueForRequest, openAuthority, readSigningRequest } from "@jamesd/pki";
import { closed } from "@jamesd/testkit";
import { type Device, deviceCalled, Enrolling } from "./enrolling.ts";
import { type Answer, codeOf, jsonOf } from "./http-server.ts";

const STATE = { systemtags: [], apps: [] };
const CHECKIN = { digest: stateDigest(STATE), state: STATE };

/** A device's certificate with its key. */
interface Card {
  readonly cert: string;
  readonly key: string;
}

function post(fleet: Enrolling, path: string, body: object, card: Card): Promise<Answer> {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = { "content-type": "application/json" };
  return fleet.server.open("device-1", { method: "POST", path, headers, ...card, agent: false }, bytes);
}

function checkIn(fleet: Enrolling, card: Card): Promise<Answer> {
  return post(fleet, "/v1/checkin", CHECKIN, card);
}

/** Asks for a certificate for the key of another device of that name. */
function renew(fleet: Enrolling, card: Card, { request }: Device): Promise<Answer> {
  return post(fleet, "/v1/certificate", { request }, card);
}

function cardOf(answer: Answer, { key }: Device): Card {
  assert.equal(answer.status, 201, answer.body.toString());
  return { cert: (jsonOf(answer) as { certificate: string }).certificate, key };
}

async function eventsOf(
  fleet: Enrolling,
  kind: string,
): Promise<readonly { serial: string; address: string }[]> {
  return fleet.admin("GET", `/v1/events?kinds=${kind}`);
}

test("a device of pkitool moves over to the authority for devices, and whoever has a copy of what it had is refused and named", async () => {
  await using fleet = await Enrolling.start();
  const first = fleet.server.credentials("device-1");
  assert.equal((await checkIn(fleet, first)).status, 204);
  const next = deviceCalled("device-1");
  const answer = await renew(fleet, first, next);
  const second = cardOf(answer, next);
  assert.deepEqual(jsonOf(answer), {
    ...{ certificate: second.cert, device: "device-1" },
    authorities: fleet.server.credentials("jamesd").ca,
  });
  assert.ok(
    new X509Certificate(second.cert).verify(new X509Certificate(readFileSync(fleet.files.cert)).publicKey),
  );
  assert.equal(cardOf(await renew(fleet, first, next), next).cert, second.cert, "an answer that was lost");
  assert.equal((await checkIn(fleet, first)).status, 204, "it counts still");
  assert.equal((await checkIn(fleet, second)).status, 204);
  for (const refused of [await checkIn(fleet, first), await renew(fleet, first, deviceCalled("device-1"))]) {
    assert.deepEqual([refused.status, codeOf(refused)], [401, "CERTIFICATE_REPLACED"]);
    assert.equal(refused.headers.connection, "close");
  }
  assert.equal((await checkIn(fleet, second)).status, 204);
  const [cloned, ...more] = await eventsOf(fleet, "certificate-cloned");
  const { serialNumber } = new X509Certificate(first.cert);
  assert.deepEqual([cloned?.serial, cloned?.address], [serialNumber.toLowerCase(), "127.0.0.1"]);
  assert.deepEqual(more, [], "told once an hour");
});

test("the connections of the old certificate end at the first check-in with the new one", async () => {
  await using fleet = await Enrolling.start();
  const first = fleet.server.credentials("device-1");
  const kept = await fleet.server.send("device-1", "POST", "/v1/checkin", { body: CHECKIN });
  assert.equal(kept.status, 204);
  const next = deviceCalled("device-1");
  const second = cardOf(await renew(fleet, first, next), next);
  assert.equal(kept.socket.destroyed, false);
  assert.equal((await checkIn(fleet, second)).status, 204);
  await closed(kept.socket);
});

test("only a device renews its own certificate, and only where there is an authority for devices", async () => {
  await using fleet = await Enrolling.start();
  const card = fleet.server.credentials("device-1");
  for (const [asked, code] of [
    [deviceCalled("device-2").request, "REQUEST_INVALID"],
    ["nothing", "CERTIFICATE_INVALID"],
  ] as const)
    assert.equal(codeOf(await post(fleet, "/v1/certificate", { request: asked }, card)), code);
  const { request } = deviceCalled("admin");
  const forbidden = await post(fleet, "/v1/certificate", { request }, fleet.server.credentials("admin"));
  assert.equal(codeOf(forbidden), "ROLE_FORBIDDEN");
  await using plain = await Enrolling.start({
    deviceCa: undefined,
    deviceCaKey: undefined,
    enrollAddr: undefined,
  });
  const none = await renew(plain, plain.server.credentials("device-1"), deviceCalled("device-1"));
  assert.deepEqual([none.status, codeOf(none)], [409, "RENEWAL_NOT_OFFERED"]);
});

test("where joining is, a certificate that has ended is renewed, and none of another CA", async () => {
  await using fleet = await Enrolling.start();
  const now = Date.now();
  const authority = await openAuthority({
    cert: readFileSync(fleet.files.cert, "utf8"),
    key: readFileSync(fleet.files.key, "utf8"),
  });
  const device = deviceCalled("board-9");
  const ended = {
    cert: await issueForRequest(authority, readSigningRequest(device.request), {
      ...{ starts: now - 9 * 86_400_000, ends: now - 60_000 },
    }),
    key: device.key,
  };
  const ask = (card: Card, request: string) => fleet.ask("POST", "/v1/renewals", { request }, card);
  // Nothing is known of that device, but that the CA is ours.
  const waits = await ask(ended, deviceCalled("board-9").request);
  assert.equal(waits.status, 202, waits.body.toString());
  const token = await fleet.token();
  const other = deviceCalled("board-7");
  const short = await fleet.enroll(other, token);
  assert.equal(short.status, 201);
  const card = cardOf(short, other);
  const renewed = deviceCalled("board-7");
  assert.equal((await ask(card, renewed.request)).status, 201, "one that has not ended as well");
  const foreign = await Enrolling.start();
  try {
    const theirs = await foreign.enroll(other, await foreign.token());
    const refused = await ask(cardOf(theirs, other), deviceCalled("board-7").request);
    assert.deepEqual([refused.status, codeOf(refused)], [401, "CERTIFICATE_REFUSED"]);
  } finally {
    await foreign[Symbol.asyncDispose]();
  }
  const nobody = await fleet.ask("POST", "/v1/renewals", { request: renewed.request });
  assert.equal(codeOf(nobody), "CERTIFICATE_REFUSED");
  const people = await ask(fleet.server.credentials("admin"), deviceCalled("admin").request);
  assert.equal(codeOf(people), "ROLE_FORBIDDEN");
});

test("what an operator approves of one that has ended is issued, and what is signed elsewhere comes to who asks again", async () => {
  await using fleet = await Enrolling.start({ isOffline: true });
  const card = fleet.server.credentials("device-1");
  await checkIn(fleet, card);
  const next = deviceCalled("device-1");
  const { fingerprint } = readSigningRequest(next.request);
  for (let i = 0; i < 2; i += 1) assert.equal((await renew(fleet, card, next)).status, 202);
  const [listed] = await fleet.admin<{ id: string; fingerprint: string; state: string; request: string }[]>(
    "GET",
    "/v1/enrollments",
  );
  assert.deepEqual([listed?.id, listed?.fingerprint, listed?.state], ["device-1", fingerprint, "approved"]);
  const authority = await openAuthority({
    cert: readFileSync(fleet.files.cert, "utf8"),
    key: readFileSync(fleet.files.key, "utf8"),
  });
  const now = Date.now();
  const request = readSigningRequest(listed?.request ?? "");
  const certificate = await issueForRequest(authority, request, { starts: now, ends: now + 86_400_000 });
  await fleet.admin("POST", "/v1/certificates", { certificate });
  const second = cardOf(await renew(fleet, card, next), next);
  assert.equal((await checkIn(fleet, second)).status, 204);
  assert.equal(codeOf(await checkIn(fleet, card)), "CERTIFICATE_REPLACED");
});

test("who asks for one after the other to be signed elsewhere has to wait; the same key is asked for as often as need be", async () => {
  await using fleet = await Enrolling.start({ isOffline: true });
  const card = fleet.server.credentials("device-1");
  await checkIn(fleet, card);
  const last = deviceCalled("device-1");
  for (let i = 0; i < 15; i += 1) await renew(fleet, card, deviceCalled("device-1"));
  assert.equal((await renew(fleet, card, last)).status, 202);
  for (const path of ["/v1/certificate", "/v1/renewals"]) {
    const { request } = deviceCalled("device-1");
    const answer = path.endsWith("renewals")
      ? await fleet.ask("POST", path, { request }, card)
      : await post(fleet, path, { request }, card);
    assert.deepEqual([answer.status, codeOf(answer)], [503, "SERVER_BUSY"], path);
  }
  assert.equal((await renew(fleet, card, last)).status, 202);
  const other = deviceCalled("device-2");
  assert.equal((await renew(fleet, fleet.server.credentials("device-2"), other)).status, 202);
});

test("an authority for devices names nobody, whatever its certificates say", async () => {
  await using fleet = await Enrolling.start({ operators: ["boss"] });
  const authority = await openAuthority({
    cert: readFileSync(fleet.files.cert, "utf8"),
    key: readFileSync(fleet.files.key, "utf8"),
  });
  for (const name of ["boss", "eve"]) {
    const card = await issueCertificate(authority, { kind: "operator", name, days: 1 }, Date.now());
    const about = await fleet.server.open("device-1", { path: "/v1/about", ...card, agent: false });
    assert.equal((jsonOf(about) as { you: { role: string } }).you.role, "device");
  }
});
