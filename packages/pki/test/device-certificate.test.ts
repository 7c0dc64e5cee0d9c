import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import {
  issueCertificate,
  issueForRequest,
  makeDeviceAuthority,
  makeSigningRequest,
  openAuthority,
  readSigningRequest,
} from "@jamesd/pki";
import fc from "fast-check";
import { X509Certificate as Parsed } from "../src/x509.ts";

const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;

/** All that a certificate says but for its serial number and its signature. */
function sayings(pem: string) {
  const { subjectName, issuerName, notBefore, notAfter, extensions, publicKey, signatureAlgorithm } =
    new Parsed(pem);
  return {
    ...{
      subject: subjectName.toString(),
      issuer: issuerName.toString(),
      notBefore,
      notAfter,
      signatureAlgorithm,
    },
    key: Buffer.from(publicKey.rawData).toString("hex"),
    extensions: extensions.map((one) => Buffer.from(one.rawData).toString("hex")).sort(),
  };
}

test("it says what the library would have written, bit for bit", async () => {
  const authority = await openAuthority(await makeDeviceAuthority(NOW));
  for (const name of ["device-1", "Gerät-7", "x".repeat(64)]) {
    const { cert, key } = await issueCertificate(authority, { kind: "device", name, days: 90 }, NOW);
    const request = readSigningRequest(makeSigningRequest(name, createPrivateKey(key)));
    const made = await issueForRequest(authority, request, { starts: NOW - DAY, ends: NOW + 90 * DAY });
    assert.deepEqual(sayings(made), sayings(cert));
  }
});

test("law: it is good from and to the second that was asked for, in whichever century, and no longer than its authority", async () => {
  const pair = await makeDeviceAuthority(NOW);
  const authority = await openAuthority(pair);
  const issuer = new X509Certificate(pair.cert);
  const { key } = await issueCertificate(authority, { kind: "device", name: "d" }, NOW);
  const request = readSigningRequest(makeSigningRequest("d", createPrivateKey(key)));
  const serials = new Set<string>();
  const seconds = fc.integer({ min: Date.UTC(1951, 0, 1) / 1000, max: Date.UTC(2120, 0, 1) / 1000 });
  await fc.assert(
    fc.asyncProperty(seconds, seconds, async (starts, ends) => {
      const pem = await issueForRequest(authority, request, { starts: starts * 1000, ends: ends * 1000 });
      const made = new X509Certificate(pem);
      assert.equal(made.validFromDate.getTime(), starts * 1000);
      assert.equal(made.validToDate.getTime(), Math.min(ends * 1000, issuer.validToDate.getTime()));
      assert.ok(made.checkIssued(issuer) && made.verify(issuer.publicKey));
      assert.equal(serials.has(made.serialNumber), false);
      serials.add(made.serialNumber);
    }),
    { examples: [[Date.UTC(2049, 11, 31, 23, 59, 59) / 1000, Date.UTC(2050, 0, 1) / 1000]] },
  );
});
