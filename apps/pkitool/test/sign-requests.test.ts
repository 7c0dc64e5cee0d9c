import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeSigningRequest, readIdentity } from "@jamesd/pki";
import { run } from "../src/run.ts";

async function pkitool(...argv: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const output = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await run(argv, output, {});
  return { code, out: out.join(""), err: err.join("") };
}

function scratch(t: { after: (fn: () => void) => void }): { pki: string; requests: string } {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-sign-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, "requests"));
  return { pki: join(dir, "pki"), requests: join(dir, "requests") };
}

function request(name: string): string {
  return makeSigningRequest(name, generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
}

test("the authority for devices is another one, made once, alone or with the first", async (t) => {
  const { pki } = scratch(t);
  const made = await pkitool("--init", "--init-device-ca", "--add-server", "jamesd", "--dir", pki);
  assert.deepEqual([made.code, made.err], [0, ""]);
  assert.match(made.out, /^CA: .*ca\.crt .*\ndevice CA: .*device-ca\.crt .*device-ca\.key\nserver: /);
  const [ca, devices] = ["ca.crt", "device-ca.crt"].map(
    (file) => new X509Certificate(readFileSync(join(pki, file))),
  );
  assert.notEqual(ca?.subject, devices?.subject);
  assert.match(devices?.subject ?? "", /device CA/);
  assert.ok(devices?.ca);
  assert.equal(statSync(join(pki, "device-ca.key")).mode & 0o777, 0o600);
  const again = await pkitool("--init-device-ca", "--dir", pki);
  assert.match(again.err, /device-ca\.crt exists already.*\[FILE_EXISTS\]/s);
  const taken = await pkitool("--add-client", "Device-CA", "--dir", pki);
  assert.match(taken.err, /is an authority's own name/);
});

test("requests are signed where the key is, each once, for as many days as asked", async (t) => {
  const { pki, requests } = scratch(t);
  await pkitool("--init", "--init-device-ca", "--dir", pki);
  for (const name of ["d-1", "d-2"]) writeFileSync(join(requests, `${name}.csr`), request(name));
  const signed = await pkitool("--sign-requests", requests, "--days", "7", "--dir", pki);
  assert.deepEqual([signed.code, signed.err], [0, ""]);
  assert.deepEqual(readdirSync(requests).sort(), ["d-1.crt", "d-1.csr", "d-2.crt", "d-2.csr"]);
  const certificate = new X509Certificate(readFileSync(join(requests, "d-1.crt")));
  assert.ok(certificate.verify(new X509Certificate(readFileSync(join(pki, "device-ca.crt"))).publicKey));
  assert.deepEqual(readIdentity(certificate, { operators: [], viewers: [] }), {
    name: "d-1",
    role: "device",
  });
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
  assert.ok(days > 6.9 && days < 7.1, String(days));
  const before = readFileSync(join(requests, "d-1.crt"), "utf8");
  writeFileSync(join(requests, "d-3.csr"), request("d-3"));
  await pkitool("--sign-requests", requests, "--dir", pki);
  assert.equal(readFileSync(join(requests, "d-1.crt"), "utf8"), before);
  assert.ok(existsSync(join(requests, "d-3.crt")));
  assert.match(
    (await pkitool("--sign-requests", requests, "--dir", pki)).err,
    /no request without a certificate/,
  );
});

test("one request that is none, or in another's name, signs nothing", async (t) => {
  const { pki, requests } = scratch(t);
  assert.match(
    (await pkitool("--sign-requests", requests, "--dir", pki)).err,
    /\[FILE_UNREADABLE\].*--init-device-ca/s,
  );
  await pkitool("--init-device-ca", "--dir", pki);
  writeFileSync(join(requests, "d-1.csr"), request("d-1"));
  for (const [text, says] of [
    ["none", /d-2\.csr: .*\[CERTIFICATE_INVALID\]/s],
    [request("d-9"), /d-2\.csr asks for a certificate of "d-9"/],
  ] as const) {
    writeFileSync(join(requests, "d-2.csr"), text);
    const refused = await pkitool("--sign-requests", requests, "--dir", pki);
    assert.match(refused.err, says);
    assert.deepEqual(readdirSync(requests).sort(), ["d-1.csr", "d-2.csr"]);
  }
  assert.match((await pkitool("--sign-requests", join(requests, "none"), "--dir", pki)).err, /cannot read/);
});
