import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { certificateId, plainSerial } from "@jamesd/pki/certificate-id";
import { openssl, ownCa, ownLeaf, scratch, withoutOpenssl } from "./openssl.ts";

/** Order of the group of P-256 (SEC 2, 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

async function issued() {
  const pair = await makeAuthority(Date.now());
  const authority = await openAuthority(pair);
  const issue = async (name: string) =>
    new X509Certificate((await issueCertificate(authority, { kind: "device", name }, Date.now())).cert);
  return { ca: new X509Certificate(pair.cert), one: await issue("d"), other: await issue("d") };
}

test("certificates of one name differ, and those of one authority have its name in common", async () => {
  const { ca, one, other } = await issued();
  assert.notEqual(certificateId(one).serial, certificateId(other).serial);
  assert.equal(certificateId(one).issuer, certificateId(other).issuer);
  // It is issued by itself.
  assert.equal(certificateId(one).issuer, certificateId(ca).issuer);
  assert.notEqual(certificateId(one).issuer, certificateId((await issued()).one).issuer);
});

test("who writes the signature of a certificate in the other way has another file, and the same certificate", async () => {
  const { ca, one } = await issued();
  const forged = new X509Certificate(otherSignature(one.raw));
  assert.ok(forged.verify(ca.publicKey), "it is as valid");
  assert.notEqual(forged.fingerprint256, one.fingerprint256);
  assert.deepEqual(certificateId(forged), certificateId(one));
});

test("certificates of openssl are told apart as well", { skip: withoutOpenssl }, (t) => {
  const dir = scratch(t);
  ownCa(dir);
  ownLeaf(dir, "a", "/O=Acme/OU=Fleet/CN=device-1");
  const read = (name: string) => new X509Certificate(readFileSync(join(dir, name)));
  const printed = openssl(dir, "x509", "-in", "a.crt", "-noout", "-serial").trim().replace("serial=", "");
  assert.equal(certificateId(read("a.crt")).serial, plainSerial(printed));
  assert.equal(certificateId(read("a.crt")).issuer, certificateId(read("ca.crt")).issuer);
});

test("a serial number is the same however it is written", () => {
  for (const written of ["0a1b", "A1B", "0xa1b", "0A:1B", " 0a:1b\n"])
    assert.equal(plainSerial(written), "a1b");
  assert.equal(plainSerial("00"), "0");
  for (const written of ["", "xyz", "-1", "0x", "a".repeat(65)])
    assert.throws(() => plainSerial(written), { code: "CERTIFICATE_INVALID" }, written);
});

/** The same certificate with s replaced by n - s in its ECDSA signature (RFC 3279, 2.2.3), lengths of two bytes throughout. */
function otherSignature(der: Buffer): Buffer {
  const signed = der.subarray(4, 8 + der.readUInt16BE(6));
  const algorithm = der.subarray(
    4 + signed.length,
    4 + signed.length + 2 + (der[4 + signed.length + 1] ?? 0),
  );
  const bits = der.subarray(4 + signed.length + algorithm.length);
  // BIT STRING, length, unused bits, SEQUENCE, length, INTEGER, length, r, INTEGER, length, s.
  const r = bits.subarray(5, 7 + (bits[6] ?? 0));
  const s = BigInt(`0x${bits.subarray(5 + r.length + 2).toString("hex")}`);
  const pair = Buffer.concat([r, integer(ORDER - s)]);
  const sequence = Buffer.concat([Buffer.from([0x30, pair.length]), pair]);
  const rest = [signed, algorithm, Buffer.from([0x03, sequence.length + 1, 0]), sequence];
  const content = Buffer.concat(rest);
  return Buffer.concat([Buffer.from([0x30, 0x82, content.length >> 8, content.length & 0xff]), content]);
}

function integer(value: bigint): Buffer {
  const digits = value.toString(16);
  const plain = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  const bytes = (plain[0] ?? 0) < 0x80 ? plain : Buffer.concat([Buffer.from([0]), plain]);
  return Buffer.concat([Buffer.from([0x02, bytes.length]), bytes]);
}
