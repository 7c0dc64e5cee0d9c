import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { issueCertificate, readSigningRequest } from "@jamesd/pki";
import { certificateId } from "@jamesd/pki/certificate-id";
import type { Joined } from "../src/enrollment/joining.ts";
import { type Asked, Renewals } from "../src/enrollment/renewals.ts";
import { ask, IssuingAuthority, pkitool } from "./issuing-authority.ts";
import { allEvents } from "./repository/repository-events.contract.ts";
import { from, ORIGIN, Scene } from "./scene.ts";

const DAY = 86_400_000;
const ADMIN = { name: "olga", role: "operator", certificate: { serial: "1", issuer: "x" } } as const;
const YEAR = 365 * DAY;
const START = Date.UTC(2026, 10, 23, 12);

type Pkitool = Awaited<ReturnType<typeof pkitool>>;

/** A server with an authority of pkitool and one for devices, and a device `d` that has a certificate of pkitool. */
class Renewing implements AsyncDisposable {
  readonly scene: Scene;
  readonly issuing: IssuingAuthority;
  readonly pki: Pkitool;
  readonly first: X509Certificate;
  readonly queued: Asked[] = [];
  #renewals: Renewals | undefined;

  private constructor(scene: Scene, issuing: IssuingAuthority, pki: Pkitool, first: X509Certificate) {
    this.scene = scene;
    this.issuing = issuing;
    this.pki = pki;
    this.first = first;
  }

  static async open(): Promise<Renewing> {
    const scene = await Scene.open();
    scene.now = START;
    const issuing = new IssuingAuthority(10 * DAY);
    await issuing.rotate(START);
    const pki = await pkitool(START);
    const renewing = new Renewing(scene, issuing, pki, await pki.device("d"));
    await scene.report("d");
    await renewing.checkIn(renewing.first);
    return renewing;
  }

  get renewals(): Renewals {
    const { fleet, repository } = this.scene;
    this.#renewals ??= new Renewals({
      ...{ authority: this.issuing, store: repository.certificates, devices: fleet.devices },
      presence: fleet.presence,
      ...{ follower: fleet.follower, locks: fleet.locks, replacing: fleet.replacing },
      renewExpiredMs: YEAR,
      roles: {
        ...{ operators: [], viewers: [] },
        authorities: { devices: this.issuing.certificates, others: [this.pki.root] },
      },
      queue: async (asked) => {
        this.queued.push(asked);
        return { state: "waiting", fingerprint: asked.request.fingerprint, retryInMs: 1 };
      },
    });
    return this.#renewals;
  }

  async restart(): Promise<void> {
    await this.scene.restart();
    this.#renewals = undefined;
  }

  get origin() {
    return { ...from("d"), time: this.scene.now };
  }

  checkIn(certificate: X509Certificate) {
    const report = { certificate: certificateId(certificate), certIssuer: certificate.issuer };
    return this.scene.checkIn("d", { ...report, certEnds: Date.parse(certificate.validTo) });
  }

  async renew(shown: X509Certificate, pem = ask("d").pem): Promise<X509Certificate> {
    return certificateOf(await this.renewals.renew(pem, shown, this.origin));
  }

  async renewEnded(shown: X509Certificate | undefined, pem = ask("d").pem) {
    return this.renewals.renewEnded(pem, shown, { address: ORIGIN.address, time: this.scene.now });
  }

  isOut(certificate: X509Certificate): boolean {
    return this.scene.fleet.locks.keepsOut({
      name: "d",
      role: "device",
      certificate: certificateId(certificate),
    });
  }

  async count(kind: string): Promise<number> {
    return (await allEvents(this.scene.repository)).filter((event) => event.kind === kind).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
  }
}

function certificateOf(answer: Joined): X509Certificate {
  assert.equal(answer.state, "issued");
  return new X509Certificate(answer.certificate);
}

test("a certificate of pkitool is renewed by the authority for devices, and again, each time with another key", async () => {
  await using device = await Renewing.open();
  let last = device.first;
  for (let i = 0; i < 3; i += 1) {
    const { key, pem } = ask("d");
    const next = await device.renew(last, pem);
    assert.ok(next.checkPrivateKey(key));
    assert.ok(next.verify(device.issuing.certificates[0]?.publicKey as never));
    assert.equal(Date.parse(next.validTo), device.scene.now + 10 * DAY);
    assert.deepEqual([device.isOut(last), device.isOut(next)], [false, false]);
    await device.checkIn(next);
    assert.deepEqual([device.isOut(last), device.isOut(next)], [true, false]);
    last = next;
    device.scene.now += DAY;
  }
});

test("an answer that was lost is given again, whenever the server or the device starts anew; another key is none of it", async () => {
  await using device = await Renewing.open();
  const { pem } = ask("d");
  const one = await device.renew(device.first, pem);
  await device.restart();
  assert.equal((await device.renew(device.first, pem)).serialNumber, one.serialNumber);
  await device.checkIn(device.first);
  // The key of that request was lost with the answer.
  const other = await device.renew(device.first);
  await device.checkIn(device.first);
  await device.checkIn(other);
  await device.checkIn(other);
  assert.equal(await device.count("certificate-issued"), 2);
  assert.equal(await device.count("certificate-cloned"), 0);
  assert.deepEqual(
    [device.first, one, other].map((each) => device.isOut(each)),
    [true, true, false],
  );
});

test("two at once with one key get one certificate", async () => {
  await using device = await Renewing.open();
  const { pem } = ask("d");
  const both = await Promise.all([device.renew(device.first, pem), device.renew(device.first, pem)]);
  assert.equal(both[0]?.serialNumber, both[1]?.serialNumber);
});

test("a key that is in use, of another, or was in use, and another name, are refused", async () => {
  await using device = await Renewing.open();
  const { pem } = ask("d");
  const next = await device.renew(device.first, pem);
  const refused = { code: "REQUEST_INVALID", message: /not a new one/ };
  await assert.rejects(device.renew(next, pem), refused);
  const { pem: others } = ask("e");
  await device.renewals.renew(others, await device.pki.device("e"), { ...device.origin, author: "e" });
  await assert.rejects(device.renew(device.first, others), {
    code: "REQUEST_INVALID",
    message: /request is of e/,
  });
  const later = await device.renew(device.first);
  await device.checkIn(later);
  await assert.rejects(device.renew(later, pem), refused);
  await assert.rejects(device.renew(later, "no request"), { code: "CERTIFICATE_INVALID" });
});

test("a key that was locked out does not come back", async () => {
  await using device = await Renewing.open();
  const { pem } = ask("d");
  const next = await device.renew(device.first, pem);
  const locked = { kind: "certificate" as const, ...certificateId(next) };
  await device.scene.fleet.lockOut.revoke({ locked, reason: "" }, ORIGIN, ADMIN);
  await assert.rejects(device.renew(device.first, pem), { code: "CERTIFICATE_REVOKED" });
});

test("without the key of the authority for devices the request waits to be signed", async () => {
  await using device = await Renewing.open();
  device.issuing.canSign = false;
  const { pem } = ask("d");
  const answer = await device.renewals.renew(pem, device.first, device.origin);
  assert.equal(answer.state, "waiting");
  assert.deepEqual(
    device.queued.map((asked) => [asked.pem, asked.isDue]),
    [[pem, true]],
  );
  const kept = await device.scene.repository.certificates.ofDevice("d");
  assert.deepEqual(
    kept.map(({ state }) => state),
    ["current"],
    "it is known what will be replaced",
  );
});

test("a certificate that has ended is renewed: of pkitool or not, with what was issued and never used, within the time", async () => {
  await using device = await Renewing.open();
  device.scene.now += 2 * DAY + 1000;
  const second = certificateOf(await device.renewEnded(device.first));
  await device.checkIn(second);
  device.scene.now += 30 * DAY;
  await device.restart();
  const third = certificateOf(await device.renewEnded(second));
  // That one was never used before it ended as well.
  device.scene.now += 30 * DAY;
  const fourth = certificateOf(await device.renewEnded(third));
  await device.checkIn(fourth);
  device.scene.now += 10 * DAY + YEAR;
  const { pem } = ask("d");
  assert.equal((await device.renewEnded(fourth, pem)).state, "issued");
  device.scene.now += 20 * DAY;
  const late = await device.renewEnded(fourth);
  assert.equal(late.state, "waiting");
  assert.equal(device.queued[0]?.isDue, false);
});

test("of one that has ended, whoever is locked out, was replaced, or is not of our CA is refused", async () => {
  await using device = await Renewing.open();
  const next = await device.renew(device.first);
  await device.checkIn(next);
  device.scene.now += 20 * DAY;
  await assert.rejects(device.renewEnded(device.first), { code: "CERTIFICATE_REPLACED" });
  assert.equal(await device.count("certificate-cloned"), 1);
  const foreign = await (await pkitool(START)).device("d");
  await assert.rejects(device.renewEnded(foreign), {
    code: "CERTIFICATE_REFUSED",
    message: /not of our CA/,
  });
  await assert.rejects(device.renewEnded(undefined), { code: "CERTIFICATE_REFUSED" });
  const issue = async (kind: "server" | "operator") => {
    const { cert } = await issueCertificate(device.pki.authority, { kind, name: "d", days: 2 }, START);
    return new X509Certificate(cert);
  };
  const refused = { code: "CERTIFICATE_REFUSED", message: /not a client's/ };
  await assert.rejects(device.renewEnded(await issue("server")), refused);
  await assert.rejects(device.renewEnded(await issue("operator")), { code: "ROLE_FORBIDDEN" });
  const revocation = { locked: { kind: "name", name: "d" }, reason: "" } as const;
  await device.scene.fleet.lockOut.revoke(revocation, ORIGIN, ADMIN);
  await assert.rejects(device.renewEnded(next), { code: "CERTIFICATE_REVOKED" });
});

test("one that has ended and is not the last, or of which nothing is known, waits for an operator", async () => {
  await using device = await Renewing.open();
  const older = await device.pki.device("d");
  await device.checkIn(await device.renew(device.first));
  const stranger = await device.pki.device("never-seen");
  device.scene.now += 3 * DAY;
  for (const [shown, name] of [
    [older, "d"],
    [stranger, "never-seen"],
  ] as const) {
    const answer = await device.renewEnded(shown, ask(name).pem);
    assert.equal(answer.state, "waiting");
  }
  assert.deepEqual(
    device.queued.map(({ isDue }) => isDue),
    [false, false],
  );
});

test("what a server that was put back does not know it renews all the same; where that has ended an operator decides", async () => {
  await using device = await Renewing.open();
  await device.checkIn(await device.renew(device.first));
  const { certificate } = await device.issuing.issue(readSigningRequest(ask("d").pem), device.scene.now);
  const unknown = new X509Certificate(certificate);
  await device.checkIn(unknown);
  const next = await device.renew(unknown);
  await device.checkIn(next);
  assert.deepEqual([device.isOut(unknown), device.isOut(next)], [true, false]);
  const lost = await device.issuing.issue(readSigningRequest(ask("d").pem), device.scene.now);
  device.scene.now += 20 * DAY;
  assert.equal((await device.renewEnded(new X509Certificate(lost.certificate))).state, "waiting");
});

test("a device has only so many certificates that have not ended", async () => {
  await using device = await Renewing.open();
  const { pem } = ask("d");
  await device.renew(device.first, pem);
  for (let i = 2; i < 64; i += 1) await device.renew(device.first);
  await assert.rejects(device.renew(device.first), { code: "SERVER_BUSY" });
  device.scene.now += 11 * DAY;
  await device.renewEnded(device.first);
});

test("two machines with one certificate: one of them is left, and the other is named", async () => {
  await using device = await Renewing.open();
  const [one, other] = [await device.renew(device.first), await device.renew(device.first)];
  await device.checkIn(one);
  assert.deepEqual([device.isOut(device.first), device.isOut(other), device.isOut(one)], [true, true, false]);
  await device.scene.fleet.replacing.noteClone(certificateId(other), {
    ...device.origin,
    address: "10.9.9.9",
  });
  const clone = device.scene.fleet.certificates.cloneOf("d", device.scene.now);
  assert.deepEqual([clone?.serial, clone?.address], [certificateId(other).serial, "10.9.9.9"]);
});
