import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { identityOf, readIdentity } from "@jamesd/pki/identity";
import { openssl, ownCa, ownLeaf, scratch, withoutOpenssl } from "./openssl.ts";

const NO_ROLES = { operators: [], viewers: [] };
const ROLES = { operators: ["alice"], viewers: ["bob"] };

test("the role is the configured one, else that of the OU, else device", () => {
  assert.equal(identityOf("alice", [], ROLES).role, "operator");
  assert.equal(identityOf("bob", ["operator"], ROLES).role, "viewer");
  assert.equal(identityOf("alice", ["viewer", "operator"], ROLES).role, "operator");
  assert.equal(identityOf("carol", ["Research", "operator"], ROLES).role, "operator");
  assert.equal(identityOf("carol", ["viewer"], ROLES).role, "viewer");
  assert.equal(identityOf("carol", ["device"], ROLES).role, "device");
  for (const units of [[], ["Research"], ["Operator"], ["operator "], ["operators"]])
    assert.equal(identityOf("carol", units, ROLES).role, "device");
});

test("two roles are no role", () => {
  assert.throws(() => identityOf("carol", ["viewer", "operator"], NO_ROLES), { code: "CERTIFICATE_INVALID" });
  assert.equal(identityOf("carol", ["viewer", "viewer"], NO_ROLES).role, "viewer");
});

test("a server's certificate is no client's, even when its name is listed", () => {
  assert.throws(() => identityOf("alice", ["server"], ROLES), { code: "ROLE_FORBIDDEN" });
  assert.throws(() => identityOf("x", ["device", "server"], ROLES), { code: "ROLE_FORBIDDEN" });
});

test("a name that cannot be an id is refused", () => {
  for (const name of ["", ".", "..", "a/b", "/", "a b", "a,b", "a\nb", "a\0b", "x".repeat(129)])
    assert.throws(() => identityOf(name, [], NO_ROLES), { code: "CERTIFICATE_INVALID" }, name);
});

test("the subject of any certificate is read as it was meant", { skip: withoutOpenssl }, (t) => {
  const dir = scratch(t);
  ownCa(dir);
  const read = (subject: string) => {
    ownLeaf(dir, "leaf", subject);
    return readIdentity(new X509Certificate(readFileSync(join(dir, "leaf.crt"))), ROLES);
  };
  assert.deepEqual(read("/CN=device-9"), { name: "device-9", role: "device" });
  assert.deepEqual(read("/O=Acme/CN=alice/C=DE"), { name: "alice", role: "operator" });
  assert.deepEqual(read("/OU=Sales/OU=operator/CN=x"), { name: "x", role: "operator" });
  assert.deepEqual(read("/CN=x+OU=operator"), { name: "x", role: "operator" });
  assert.deepEqual(read('/CN=a\\+OU=operator;"<'), { name: 'a+OU=operator;"<', role: "device" });
  assert.deepEqual(read("/CN=gerät-漢"), { name: "gerät-漢", role: "device" });
  // A line break inside another attribute must not make a second line that reads as our own.
  assert.deepEqual(read("/O=Acme\nCN=alice\nOU=operator/CN=x"), { name: "x", role: "device" });
  const refused = { code: "CERTIFICATE_INVALID" };
  assert.throws(() => read("/O=Acme"), { ...refused, message: /no common name/ });
  assert.throws(() => read("/CN=a/CN=alice"), { ...refused, message: /2 common names/ });
  assert.throws(() => read("/CN=a+CN=alice"), { ...refused, message: /2 common names/ });
  assert.throws(() => read("/CN=alice\nx"), refused);
  assert.throws(() => read("/CN=..\\/alice"), refused);
  assert.throws(() => read("/OU=server/CN=alice"), { code: "ROLE_FORBIDDEN" });
});

test("a name with a NUL is not cut off at it", { skip: withoutOpenssl }, (t) => {
  const dir = scratch(t);
  ownCa(dir);
  ownLeaf(dir, "leaf", "/CN=alice@evil");
  // "@" becomes NUL in the DER: the signature is then wrong, but reading the name needs none.
  openssl(dir, "x509", "-in", "leaf.crt", "-outform", "DER", "-out", "leaf.der");
  const der = readFileSync(join(dir, "leaf.der"));
  der[der.indexOf("alice@evil") + 5] = 0;
  assert.throws(() => readIdentity(new X509Certificate(der), ROLES), { code: "CERTIFICATE_INVALID" });
});
