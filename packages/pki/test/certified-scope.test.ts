import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseScope } from "@jamesd/model";
import { issueCertificate, makeAuthority, openAuthority, type RoleSettings, readIdentity } from "@jamesd/pki";
import { ownCa, ownLeaf, scratch, withoutOpenssl } from "./openssl.ts";

const LAB = parseScope({ devices: ["given:lab", "not:id:d-1"], packets: ["acme-", "größe+"] });
const NO_ROLES: RoleSettings = { operators: [], viewers: [] };

const issue = async (kind: "operator" | "viewer" | "device", scope = LAB) => {
  const authority = await openAuthority(await makeAuthority(Date.now()));
  const { cert } = await issueCertificate(authority, { kind, name: "alice", scope }, Date.now());
  return new X509Certificate(cert);
};

test("a certificate of ours says what an operator may change", async () => {
  const certificate = await issue("operator");
  assert.deepEqual(readIdentity(certificate, NO_ROLES), { name: "alice", role: "operator", scope: LAB });
  // The name is no way around it.
  const named = { ...NO_ROLES, operators: ["alice"] };
  assert.deepEqual(readIdentity(certificate, named).scope, LAB);
});

test("who is no operator has none", async () => {
  for (const kind of ["viewer", "device"] as const)
    assert.equal(readIdentity(await issue(kind), NO_ROLES).scope, undefined);
  assert.deepEqual(readIdentity(await issue("device"), { ...NO_ROLES, operators: ["alice"] }).scope, LAB);
});

test("configuration and certificate narrow each other, and neither widens the other", async () => {
  const certificate = await issue("operator");
  const scopeBy = (devices: string[], packets: string[]) =>
    readIdentity(certificate, {
      ...NO_ROLES,
      scopes: new Map([["alice", parseScope({ devices, packets })]]),
    }).scope;
  assert.deepEqual(scopeBy(["*"], ["*"]), LAB);
  assert.deepEqual(scopeBy(["arm"], ["acme-x"]), { devices: [...LAB.devices, "arm"], packets: ["acme-x"] });
  assert.deepEqual(scopeBy(["arm"], ["other-"])?.packets, []);
});

test("scopes of plain openssl certificates are read, and what is not clear is refused", {
  skip: withoutOpenssl,
}, (t) => {
  const dir = scratch(t);
  ownCa(dir);
  const read = (san: string | undefined, ...config: string[]) => {
    ownLeaf(
      dir,
      "leaf",
      "/OU=operator/CN=alice",
      ...(san === undefined ? [] : ["-addext", `subjectAltName=${san}`]),
      ...config,
    );
    return readIdentity(new X509Certificate(readFileSync(join(dir, "leaf.crt"))), NO_ROLES).scope;
  };
  const lab = { devices: ["given:lab", "arm"], packets: ["acme-"] };
  assert.deepEqual(read("URI:jamesd-scope:devices=given:lab&devices=arm&packets=acme-"), lab);
  assert.deepEqual(
    read("DNS:x,URI:https://x/,URI:jamesd-scope:devices=given:lab%2Carm&packets=acme-,email:a@b"),
    lab,
  );
  assert.equal(read(undefined), undefined);
  assert.equal(read("DNS:x,URI:https://x/scope"), undefined);
  for (const san of [
    "URI:jamesd-scope:",
    "URI:jamesd-scope:devices=given:lab",
    "URI:JAMESD-SCOPE:devices=given:lab&packets=acme-",
    "URI:x:jamesd-scope:devices=given:lab&packets=acme-",
    "DNS:jamesd-scope:devices=given:lab&packets=acme-",
    "URI:jamesd-scope:devices=given:lab&packets=acme-,URI:jamesd-scope:devices=*&packets=*",
    "URI:jamesd-scope:devices=given:lab&packets=acme-&all=yes",
  ])
    assert.throws(() => read(san), { code: "CERTIFICATE_INVALID" }, san);
});
