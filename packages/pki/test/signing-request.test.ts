import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  issueForRequest,
  keyFingerprint,
  makeDeviceAuthority,
  makeSigningRequest,
  openAuthority,
  readIdentity,
  readSigningRequest,
} from "@jamesd/pki";
import { MAX_REQUEST_BYTES } from "@jamesd/pki/signing-request";
import fc from "fast-check";
import { openssl, scratch, withoutOpenssl } from "./openssl.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
const DAY = 86_400_000;
const INVALID = { code: "CERTIFICATE_INVALID" };

function p256() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function bytesOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]*-----|\s/g, ""), "base64");
}

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
}

test("law: a request says the name and the key that it was made of, and its certificate as well", async () => {
  const authority = await openAuthority(await makeDeviceAuthority(NOW));
  const { privateKey, publicKey } = p256();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), async (name) => {
      const made = caught(() => makeSigningRequest(name, privateKey));
      if (made instanceof Error) return assert.equal((made as { code?: string }).code, "NAME_INVALID");
      const request = readSigningRequest(made);
      assert.equal(request.name, name);
      assert.equal(request.fingerprint, keyFingerprint(publicKey));
      const pem = await issueForRequest(authority, request, { starts: NOW, ends: NOW + DAY });
      const certificate = new X509Certificate(pem);
      assert.deepEqual(readIdentity(certificate, { operators: [], viewers: [] }), { name, role: "device" });
      assert.ok(certificate.checkPrivateKey(privateKey));
      assert.equal(certificate.validToDate.getTime(), NOW + DAY);
      assert.equal(certificate.validFromDate.getTime(), NOW);
    }),
  );
});

test("law: a request with a byte changed is refused, or says the same", () => {
  const { privateKey, publicKey } = p256();
  const der = bytesOf(makeSigningRequest("device-1", privateKey));
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ change;
      const read = caught(() => readSigningRequest(pemOf(changed)));
      if (read instanceof Error) return assert.equal((read as { code?: string }).code, "CERTIFICATE_INVALID");
      assert.deepEqual([read.name, read.fingerprint], ["device-1", keyFingerprint(publicKey)]);
    }),
    { numRuns: 500 },
  );
});

test("law: whatever is sent is read or refused", () => {
  const der = bytesOf(makeSigningRequest("device-1", p256().privateKey));
  const cut = fc.nat(der.length).map((length) => pemOf(der.subarray(0, length)));
  const bytes = fc
    .uint8Array({ maxLength: 300 })
    .map((some) => pemOf(Buffer.from([0x30, 0x82, 1, 40, ...some])));
  fc.assert(
    fc.property(fc.oneof(cut, bytes, fc.string()), (pem) => {
      const read = caught(() => readSigningRequest(pem));
      if (read instanceof Error) assert.equal((read as { code?: string }).code, "CERTIFICATE_INVALID");
      else assert.equal(read.name, "device-1");
    }),
  );
});

test("a request that is too long, or not alone, is refused", () => {
  const pem = makeSigningRequest("device-1", p256().privateKey);
  const der = bytesOf(pem);
  for (const refused of [
    "",
    `${pem}${pem}`,
    pemOf(Buffer.concat([der, Buffer.from([0])])),
    pem.replaceAll("REQUEST", "REQUEST X"),
    `${pem}${" ".repeat(MAX_REQUEST_BYTES)}`,
  ])
    assert.throws(() => readSigningRequest(refused), INVALID);
  assert.equal(readSigningRequest(`\n${pem}\n`).name, "device-1");
});

test("openssl reads what we ask, and signs it", { skip: withoutOpenssl }, (t) => {
  const dir = scratch(t);
  writeFileSync(join(dir, "d.csr"), makeSigningRequest("device-1", p256().privateKey));
  const text = openssl(dir, "req", "-in", "d.csr", "-noout", "-text", "-verify");
  assert.match(text, /Version: 1 \(0x0\)\s+Subject: CN ?= ?device-1\n/);
  assert.match(text, /NIST CURVE: P-256/);
  openssl(
    dir,
    ..."req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=A -keyout ca.key -out ca.crt".split(" "),
  );
  openssl(dir, ..."x509 -req -in d.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out d.crt".split(" "));
  openssl(dir, "verify", "-CAfile", "ca.crt", "d.crt");
});

test("what openssl asks is read", { skip: withoutOpenssl }, async (t) => {
  const dir = scratch(t);
  const authority = await openAuthority(await makeDeviceAuthority(Date.now()));
  writeFileSync(join(dir, "ca.crt"), authority.certificate.toString("pem"));
  const keys = {
    p256: "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
    p384: "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
    rsa: "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
  };
  for (const [kind, command] of Object.entries(keys)) {
    openssl(dir, ...command.split(" "), "-out", `${kind}.key`);
    const extra = ["-utf8", "-addext", "subjectAltName=DNS:else", "-sha384"];
    openssl(
      dir,
      "req",
      "-new",
      "-key",
      `${kind}.key`,
      "-subj",
      `/O=Acme/OU=operator/CN=gerät-${kind}`,
      ...extra,
      "-out",
      "it.csr",
    );
    const request = readSigningRequest(readFileSync(join(dir, "it.csr"), "utf8"));
    assert.equal(request.name, `gerät-${kind}`);
    const period = { starts: Date.now() - DAY, ends: Date.now() + DAY };
    writeFileSync(join(dir, "it.crt"), await issueForRequest(authority, request, period));
    openssl(dir, ..."verify -x509_strict -CAfile ca.crt -purpose sslclient it.crt".split(" "));
    const certificate = new X509Certificate(readFileSync(join(dir, "it.crt")));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(readFileSync(join(dir, `${kind}.key`)))));
    assert.match(certificate.subject, /^OU=device\nCN=/);
    assert.equal(certificate.subjectAltName, undefined);
  }
});

test("keys that may have no certificate, and names that are none, are refused", {
  skip: withoutOpenssl,
}, (t) => {
  const dir = scratch(t);
  const read = (key: string, subject: string) => {
    openssl(dir, ...key.split(" "), "-out", "it.key");
    openssl(
      dir,
      "req",
      "-new",
      "-utf8",
      "-multivalue-rdn",
      "-key",
      "it.key",
      "-subj",
      subject,
      "-out",
      "it.csr",
    );
    return readSigningRequest(readFileSync(join(dir, "it.csr"), "utf8"));
  };
  const good = "ecparam -name prime256v1 -genkey -noout";
  for (const weak of [
    "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024",
    "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
    "genpkey -algorithm ED25519",
    "ecparam -name secp521r1 -genkey -noout",
    "ecparam -name secp256k1 -genkey -noout",
    "ecparam -name prime256v1 -param_enc explicit -genkey -noout",
  ])
    assert.throws(() => read(weak, "/CN=d"), { ...INVALID, message: /neither P-256/ }, weak);
  assert.equal(read(good, "/CN=d").name, "d");
  for (const subject of ["/O=Acme", "/CN=a/CN=b", "/CN=a+CN=b"])
    assert.throws(() => read(good, subject), { ...INVALID, message: /common names/ }, subject);
  for (const subject of ["/CN=..", "/CN=a b", "/CN=-a", "/CN=a\nb", "/CN=a\\/b"])
    assert.throws(() => read(good, subject), { code: "NAME_INVALID" }, subject);
});

test("a request that another key signed is refused", () => {
  const [one, other] = [p256(), p256()].map(({ privateKey }) => partsOf(makeSigningRequest("d", privateKey)));
  assert.ok(one && other);
  assert.equal(readSigningRequest(joined(one.info, one.rest)).name, "d");
  assert.throws(() => readSigningRequest(joined(one.info, other.rest)), {
    ...INVALID,
    message: /not signed by the key/,
  });
});

/** What is asked, and its signature; of a name so short that lengths have one byte inside and two around it. */
function partsOf(pem: string) {
  const der = bytesOf(pem);
  const end = 5 + (der[4] ?? 0);
  return { info: der.subarray(3, end), rest: der.subarray(end) };
}

function joined(info: Buffer, rest: Buffer): string {
  return pemOf(Buffer.concat([Buffer.from([0x30, 0x81, info.length + rest.length]), info, rest]));
}

function caught<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error as Error;
  }
}
