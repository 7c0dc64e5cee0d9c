import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { issueCertificate, makeAuthority, openAuthority, type PemPair, readIdentity } from "@jamesd/pki";
import fc from "fast-check";
import { openssl, scratch, withoutOpenssl } from "./openssl.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
const DAY = 86_400_000;
const NO_ROLES = { operators: [], viewers: [] };

function save(dir: string, name: string, { cert, key }: PemPair): void {
  writeFileSync(join(dir, `${name}.crt`), cert);
  writeFileSync(join(dir, `${name}.key`), key);
}

function period(pem: string): readonly [number, number] {
  const certificate = new X509Certificate(pem);
  return [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
}

test("openssl accepts what we issue, for its own purpose only", { skip: withoutOpenssl }, async (t) => {
  const dir = scratch(t);
  const ca = await makeAuthority(Date.now());
  save(dir, "ca", ca);
  const authority = await openAuthority(ca);
  for (const kind of ["server", "device", "operator", "viewer"] as const) {
    save(dir, kind, await issueCertificate(authority, { kind, name: `${kind}-1` }, Date.now()));
    const good = kind === "server" ? "sslserver" : "sslclient";
    const bad = kind === "server" ? "sslclient" : "sslserver";
    const verify = ["verify", "-x509_strict", "-CAfile", "ca.crt", "-purpose"];
    assert.match(openssl(dir, ...verify, good, `${kind}.crt`), /OK/);
    assert.throws(() => openssl(dir, ...verify, bad, `${kind}.crt`), /[Uu]nsuitable|unsupported.*purpose/);
    openssl(dir, "pkey", "-in", `${kind}.key`, "-check", "-noout");
  }
});

test("openssl shows the usages and names", { skip: withoutOpenssl }, async (t) => {
  const dir = scratch(t);
  const ca = await makeAuthority(NOW);
  save(dir, "ca", ca);
  const authority = await openAuthority(ca);
  const show = (name: string) => openssl(dir, "x509", "-in", `${name}.crt`, "-noout", "-text");
  save(dir, "s", await issueCertificate(authority, { kind: "server", name: "jamesd" }, NOW));
  save(dir, "d", await issueCertificate(authority, { kind: "device", name: "device-1" }, NOW));
  assert.match(show("ca"), /Basic Constraints: critical\s+CA:TRUE, pathlen:0\s/);
  assert.match(show("ca"), /Key Usage: critical\s+Certificate Sign, CRL Sign\s/);
  assert.match(show("ca"), /Subject Key Identifier/);
  assert.match(show("s"), /Extended Key Usage:\s+TLS Web Server Authentication\s/);
  assert.match(show("s"), /DNS:jamesd, DNS:localhost, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1\s/);
  assert.match(show("d"), /Extended Key Usage:\s+TLS Web Client Authentication\s/);
  assert.match(show("d"), /Subject: OU ?= ?device, CN ?= ?device-1\s/);
  assert.match(show("d"), /X509v3 Key Usage: critical\s+Digital Signature\s/);
  assert.match(show("d"), /Authority Key Identifier/);
  assert.doesNotMatch(show("d"), /Subject Alternative Name/);
});

test("a certificate begins a day early and ends when asked", async () => {
  const ca = await makeAuthority(NOW);
  assert.deepEqual(period(ca.cert), [NOW - DAY, NOW + 20 * 365 * DAY]);
  const authority = await openAuthority(ca);
  const standard = await issueCertificate(authority, { kind: "device", name: "d" }, NOW);
  assert.deepEqual(period(standard.cert), [NOW - DAY, NOW + 730 * DAY]);
  const short = await issueCertificate(authority, { kind: "device", name: "d", days: 3 }, NOW);
  assert.deepEqual(period(short.cert), [NOW - DAY, NOW + 3 * DAY]);
});

test("no certificate outlives its authority", async () => {
  const authority = await openAuthority(await makeAuthority(NOW));
  const request = { kind: "device", name: "d", days: 365 } as const;
  await assert.rejects(issueCertificate(authority, request, NOW + 7000 * DAY), {
    code: "USAGE",
    hint: /at most 300 days/,
  });
});

test("a server's own list replaces the standard one", async () => {
  const authority = await openAuthority(await makeAuthority(NOW));
  const san = ["*.example.com", "10.0.0.1", "fe80::1", "jamesd"];
  const { cert } = await issueCertificate(authority, { kind: "server", name: "jamesd", san }, NOW);
  assert.equal(
    new X509Certificate(cert).subjectAltName,
    "DNS:jamesd, DNS:*.example.com, IP Address:10.0.0.1, IP Address:FE80:0:0:0:0:0:0:1",
  );
  for (const bad of ["", "a b", "-a", "a..b", "*", "a.*.b", "https://a", "fe80::1%eth0", "a\0b"])
    await assert.rejects(
      issueCertificate(authority, { kind: "server", name: "s", san: [bad] }, NOW),
      { code: "NAME_INVALID" },
      bad,
    );
});

test("serial numbers are positive, 16 bytes and never the same", async () => {
  const authority = await openAuthority(await makeAuthority(NOW));
  const made = await Promise.all(
    Array.from({ length: 20 }, () => issueCertificate(authority, { kind: "viewer", name: "v" }, NOW)),
  );
  const serials = made.map(({ cert }) => new X509Certificate(cert).serialNumber);
  for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
  assert.equal(new Set(serials).size, serials.length);
});

test("law: whatever name is accepted comes back as the identity, with its role", async () => {
  const authority = await openAuthority(await makeAuthority(NOW));
  const kind = fc.constantFrom("device" as const, "operator" as const, "viewer" as const);
  const name = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(..."a#+=\\\";<>'|%é漢.-/ "), minLength: 1, maxLength: 12 }),
  );
  await fc.assert(
    fc.asyncProperty(kind, name, async (role, word) => {
      const issued = await issueCertificate(authority, { kind: role, name: word }, NOW).catch(
        (error: unknown) => error,
      );
      if (issued instanceof Error) return assert.equal((issued as { code?: string }).code, "NAME_INVALID");
      const { cert } = issued as PemPair;
      assert.deepEqual(readIdentity(new X509Certificate(cert), NO_ROLES), { name: word, role });
    }),
  );
});

test("hostile names are refused", async () => {
  const authority = await openAuthority(await makeAuthority(NOW));
  const names = ["", ".", "..", ".x", "-x", "a/b", "../a", "a b", "a,b", "a\nb", "a\0b", "x".repeat(65)];
  for (const name of [...names, "é".repeat(33), "a\u202eb"])
    await assert.rejects(
      issueCertificate(authority, { kind: "device", name }, NOW),
      { code: "NAME_INVALID" },
      name,
    );
});

test("an authority opens only with its own certificate and key", async () => {
  const [one, two] = [await makeAuthority(NOW), await makeAuthority(NOW)];
  const leaf = await issueCertificate(await openAuthority(one), { kind: "device", name: "d" }, NOW);
  const refused = { code: "CERTIFICATE_INVALID" };
  await assert.rejects(openAuthority({ cert: one.cert, key: two.key }), refused);
  await assert.rejects(openAuthority(leaf), refused);
  await assert.rejects(openAuthority({ cert: "nothing", key: one.key }), refused);
  await assert.rejects(openAuthority({ cert: one.cert, key: "nothing" }), refused);
});

test("an EC key in the older form of openssl works, an RSA authority is refused", {
  skip: withoutOpenssl,
}, async (t) => {
  const dir = scratch(t);
  const ca = await makeAuthority(NOW);
  save(dir, "ca", ca);
  const old = openssl(dir, "ec", "-in", "ca.key");
  assert.match(old, /BEGIN EC PRIVATE KEY/);
  await openAuthority({ cert: ca.cert, key: old });
  const rsa = openssl(dir, "genrsa", "2048");
  await assert.rejects(openAuthority({ cert: ca.cert, key: rsa }), {
    code: "CERTIFICATE_INVALID",
    message: /P-256/,
  });
});
