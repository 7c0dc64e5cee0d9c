import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeAuthority } from "@jamesd/pki";
import { certificateId } from "@jamesd/pki/certificate-id";
import { readRevocationLists } from "@jamesd/pki/revocation-list";
import { makeCrl, requireTool } from "@jamesd/testkit";
import { openssl, scratch, withoutOpenssl } from "./openssl.ts";

const KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" ");

/** The lists of a file, with their serial numbers in order, for authorities in PEM. */
function readLists(path: string, authorities: string) {
  const issuers = authorities.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
  const lists = readRevocationLists(
    path,
    issuers.map((pem) => new X509Certificate(pem)),
  );
  return lists.map(({ serials, ...list }) => ({ ...list, serials: [...serials] }));
}

/** An authority as `openssl ca` keeps it, with the certificates of some devices. */
function authority(dir: string, name: string, key: readonly string[], devices: readonly string[]): void {
  const at = (file: string) => join(dir, `${name}-${file}`);
  writeFileSync(at("index"), "");
  writeFileSync(at("serial"), "1000");
  writeFileSync(at("number"), "01");
  const lines = ["[ca]", "default_ca=c", "[c]", `database=${at("index")}`, `new_certs_dir=${dir}`];
  lines.push(`certificate=${at("ca.crt")}`, `private_key=${at("ca.key")}`, `serial=${at("serial")}`);
  lines.push("default_md=sha256", "default_days=9", "default_crl_days=9", "policy=p", "unique_subject=no");
  writeFileSync(
    at("cnf"),
    [...lines, `crlnumber=${at("number")}`, "[p]", "commonName=supplied", ""].join("\n"),
  );
  openssl(
    dir,
    "req",
    "-x509",
    ...key,
    "-days",
    "9",
    "-subj",
    `/O=Acme/CN=${name}`,
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.crt"),
  );
  for (const device of devices) {
    openssl(dir, "req", ...KEY, "-subj", `/CN=${device}`, "-keyout", at(`${device}.key`), "-out", at("csr"));
    openssl(dir, "ca", "-batch", "-config", at("cnf"), "-in", at("csr"), "-out", at(`${device}.crt`));
  }
}

function list(dir: string, name: string, ...flags: readonly string[]): string {
  const file = join(dir, `${name}.crl`);
  openssl(dir, "ca", "-config", join(dir, `${name}-cnf`), "-gencrl", "-out", file, ...flags);
  return file;
}

test("the lists of openssl say which certificates are revoked, of one authority or two, in PEM or DER", {
  skip: withoutOpenssl,
}, (t) => {
  const dir = scratch(t);
  authority(dir, "one", KEY, ["d1", "d2"]);
  authority(dir, "two", ["-newkey", "rsa:2048", "-nodes"], ["d1"]);
  const read = (file: string) => readFileSync(join(dir, file), "utf8");
  const authorities = read("one-ca.crt") + read("two-ca.crt");
  const revoke = (name: string, device: string) =>
    openssl(dir, "ca", "-config", join(dir, `${name}-cnf`), "-revoke", join(dir, `${name}-${device}.crt`));
  const none = readLists(list(dir, "one"), authorities);
  assert.deepEqual(
    none.map(({ serials }) => serials),
    [[]],
  );
  revoke("one", "d2");
  revoke("two", "d1");
  const both = join(dir, "both.crl");
  writeFileSync(both, readFileSync(list(dir, "one"), "utf8") + readFileSync(list(dir, "two"), "utf8"));
  const lists = readLists(both, authorities);
  const ids = ["one-d2.crt", "two-d1.crt"].map((file) => certificateId(new X509Certificate(read(file))));
  assert.deepEqual(
    lists.map(({ issuer, serials }) => ({ issuer, serials })),
    ids.map(({ issuer, serial }) => ({ issuer, serials: [serial] })),
  );
  assert.ok(lists.every(({ nextUpdate = 0 }) => nextUpdate > Date.now()));

  openssl(dir, "crl", "-in", join(dir, "one.crl"), "-outform", "DER", "-out", join(dir, "one.der"));
  assert.deepEqual(readLists(join(dir, "one.der"), authorities), lists.slice(0, 1));

  const refuse = (file: string, of: string, message: RegExp) =>
    assert.throws(() => readLists(join(dir, file), of), { code: "CERTIFICATE_INVALID", message });
  refuse("both.crl", read("one-ca.crt"), /of O=Acme, CN=two, is not signed by an authority of --ca/);
  const forged = readFileSync(join(dir, "one.der"));
  forged.writeUInt8((forged.at(-1) ?? 0) ^ 1, forged.length - 1);
  writeFileSync(join(dir, "forged.der"), forged);
  refuse("forged.der", authorities, /is not signed by/);
  refuse("one-ca.crt", authorities, /holds no list/);
  writeFileSync(join(dir, "cut.crl"), readFileSync(both, "utf8").trimEnd().slice(0, -20));
  refuse("cut.crl", authorities, /without its end/);
  const named = join(dir, "one-key.crt");
  openssl(dir, "req", "-x509", "-key", join(dir, "one-ca.key"), "-subj", "/CN=two", "-out", named);
  writeFileSync(join(dir, "named-cnf"), read("one-cnf").replace(join(dir, "one-ca.crt"), named));
  list(dir, "named");
  refuse("named.crl", authorities, /of CN=two, is not signed by/);
  writeFileSync(
    join(dir, "ext.cnf"),
    `${read("one-cnf")}[part]\nissuingDistributionPoint=critical,onlyuser:TRUE\n`,
  );
  openssl(
    dir,
    "ca",
    "-config",
    join(dir, "ext.cnf"),
    "-gencrl",
    "-crlexts",
    "part",
    "-out",
    join(dir, "part.crl"),
  );
  refuse("part.crl", authorities, /critical extension 2\.5\.29\.28/);
  assert.throws(() => readLists(join(dir, "nowhere"), authorities), { code: "FILE_UNREADABLE" });
});

test("a list of many certificates is read", { skip: requireTool("openssl") }, async (t) => {
  const dir = scratch(t);
  const { cert, key } = await makeAuthority(Date.now());
  const [ca, own, crl] = ["ca.crt", "ca.key", "crl"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(ca, cert);
  writeFileSync(own, key);
  const serials = Array.from({ length: 20_000 }, (_, at) => (2 ** 40 + at).toString(16));
  writeFileSync(crl, makeCrl(ca, own, serials, 9));
  const [list] = readLists(crl, cert);
  assert.deepEqual(list?.serials.toSorted(), serials);
});
