import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  issueCertificate,
  makeAuthority,
  makeDeviceAuthority,
  openAuthority,
  readIdentity,
} from "@jamesd/pki";
import { openssl, ownCa, ownLeaf, scratch, withoutOpenssl } from "./openssl.ts";

const NOW = Date.now();
const DEVICE = { name: "alice", role: "device" };
const OPERATOR = { name: "alice", role: "operator" };

function read(dir: string, file: string): X509Certificate {
  return new X509Certificate(readFileSync(join(dir, file)));
}

/** Roles of a server that trusts both, and has alice for an operator by configuration. */
function roles(devices: readonly X509Certificate[], others: readonly X509Certificate[]) {
  return { operators: ["alice"], viewers: ["bob"], authorities: { devices, others } };
}

/** An authority of openssl below another one: NAME.crt and NAME.key in the folder. */
function between(dir: string, name: string): void {
  writeFileSync(join(dir, "ca.ext"), "basicConstraints=critical,CA:TRUE\n");
  openssl(
    dir,
    ..."req -new -newkey rsa:2048 -nodes -utf8".split(" "),
    "-subj",
    `/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.csr`,
  );
  openssl(
    dir,
    ..."x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -extfile ca.ext".split(" "),
    "-in",
    `${name}.csr`,
    "-out",
    `${name}.crt`,
  );
}

/** A leaf of alice as an operator, of an authority between. */
function leafBelow(dir: string, name: string): X509Certificate {
  openssl(
    dir,
    ..."req -new -newkey rsa:2048 -nodes -subj /OU=operator/CN=alice -keyout leaf.key -out leaf.csr".split(
      " ",
    ),
  );
  openssl(
    dir,
    ..."x509 -req -CAcreateserial -in leaf.csr -out leaf.crt -CA".split(" "),
    `${name}.crt`,
    "-CAkey",
    `${name}.key`,
  );
  return read(dir, "leaf.crt");
}

test("who has a certificate of an authority for devices is a device, whatever it and the configuration say", async () => {
  const [forDevices, forAll] = [await makeDeviceAuthority(NOW), await makeAuthority(NOW)];
  const both = roles([new X509Certificate(forDevices.cert)], [new X509Certificate(forAll.cert)]);
  for (const kind of ["operator", "viewer", "device", "server"] as const) {
    const issue = async (pair: typeof forAll) =>
      new X509Certificate(
        (await issueCertificate(await openAuthority(pair), { kind, name: "alice" }, NOW)).cert,
      );
    assert.deepEqual(readIdentity(await issue(forDevices), both), DEVICE, kind);
    if (kind !== "server") assert.deepEqual(readIdentity(await issue(forAll), both), OPERATOR, kind);
  }
});

test("of two authorities of one name the signature tells which it was", { skip: withoutOpenssl }, (t) => {
  const dirs = ["one", "two"].map((name) => join(scratch(t), name));
  for (const dir of dirs) {
    mkdirSync(dir);
    ownCa(dir);
    ownLeaf(dir, "leaf", "/OU=operator/CN=alice");
  }
  const [one = "", two = ""] = dirs;
  assert.equal(read(one, "ca.crt").subject, read(two, "ca.crt").subject);
  const both = roles([read(one, "ca.crt")], [read(two, "ca.crt")]);
  assert.deepEqual(readIdentity(read(one, "leaf.crt"), both), DEVICE);
  assert.deepEqual(readIdentity(read(two, "leaf.crt"), both), OPERATOR);
});

test("what an authority for devices vouches for by others is a device's as well", {
  skip: withoutOpenssl,
}, (t) => {
  const dirs = ["devices", "all"].map((name) => join(scratch(t), name));
  for (const dir of dirs) {
    mkdirSync(dir);
    ownCa(dir);
    between(dir, "middle");
  }
  const [devices = "", all = ""] = dirs;
  const both = roles([read(devices, "ca.crt")], [read(all, "ca.crt")]);
  const [theirs, ours] = [leafBelow(devices, "middle"), leafBelow(all, "middle")];
  assert.deepEqual(readIdentity(theirs, both), DEVICE);
  // The least that there is, until the one below the root is known for one that names people.
  assert.deepEqual(readIdentity(ours, both), DEVICE);
  const named = roles([read(devices, "ca.crt")], [read(all, "ca.crt"), read(all, "middle.crt")]);
  assert.deepEqual(readIdentity(ours, named), OPERATOR);
  assert.deepEqual(readIdentity(theirs, named), DEVICE);
});

test("where there is no authority for devices, names decide", async () => {
  const pair = await makeAuthority(NOW);
  const { cert } = await issueCertificate(
    await openAuthority(pair),
    { kind: "operator", name: "carol" },
    NOW,
  );
  const plain = { operators: [], viewers: [] };
  assert.equal(readIdentity(new X509Certificate(cert), plain).role, "operator");
});
