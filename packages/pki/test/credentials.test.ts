import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmodSync, chownSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type CertificateKind, issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { checkCredentials, endingSoon, exposedKey, loadCredentials, rootOf } from "@jamesd/pki/credentials";
import { openssl, ownCa, ownLeaf, scratch, withoutOpenssl } from "./openssl.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
const DAY = 86_400_000;
const NOBODY = 65_534;

function pathsIn(dir: string, name: string, ca = "ca") {
  return { ca: join(dir, `${ca}.crt`), cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
}

/** A folder with two authorities, `ca` and `other`, and what the first has issued: `device` and `server`. */
async function folder(t: { after: (fn: () => void) => void }): Promise<string> {
  const dir = scratch(t);
  const save = (name: string, { cert, key }: { cert: string; key: string }) => {
    writeFileSync(join(dir, `${name}.crt`), cert);
    writeFileSync(join(dir, `${name}.key`), key);
  };
  const ca = await makeAuthority(NOW);
  save("ca", ca);
  save("other", await makeAuthority(NOW));
  const authority = await openAuthority(ca);
  for (const kind of ["device", "server"] satisfies CertificateKind[])
    save(kind, await issueCertificate(authority, { kind, name: kind, days: 30 }, NOW));
  return dir;
}

test("good credentials load and have nothing wrong with them", async (t) => {
  const dir = await folder(t);
  assert.equal(checkCredentials(loadCredentials(pathsIn(dir, "device")), NOW, "client"), undefined);
  assert.equal(checkCredentials(loadCredentials(pathsIn(dir, "server")), NOW, "server"), undefined);
});

test("a file that cannot be used is named", async (t) => {
  const dir = await folder(t);
  const good = pathsIn(dir, "device");
  const load = (change: object) => () => loadCredentials({ ...good, ...change });
  const missing = join(dir, "missing");
  for (const which of ["ca", "cert", "key"])
    assert.throws(load({ [which]: missing }), { code: "FILE_UNREADABLE", message: new RegExp(missing) });
  const junk = join(dir, "junk");
  writeFileSync(junk, "hello");
  for (const which of ["ca", "cert", "key"])
    assert.throws(load({ [which]: junk }), {
      code: "CERTIFICATE_INVALID",
      message: new RegExp(`${junk} holds no`),
    });
  assert.throws(load({ cert: good.key }), { code: "CERTIFICATE_INVALID", message: /no PEM certificate/ });
  assert.throws(load({ key: good.cert }), { code: "CERTIFICATE_INVALID", message: /no PEM private key/ });
  writeFileSync(junk, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  assert.throws(load({ cert: junk }), { code: "CERTIFICATE_INVALID", message: /cannot be read/ });
});

test("what this user may not read is named with what lets it", {
  skip: process.getuid?.() !== 0 && "needs root to become another user",
}, async (t) => {
  const dir = await folder(t);
  const good = pathsIn(dir, "device");
  const load = () => loadCredentials(good);
  const refused = (hint: RegExp) => asNobody(() => assert.throws(load, { code: "FILE_UNREADABLE", hint }));
  chmodSync(dir, 0o700);
  refused(new RegExp(`user ${NOBODY}, who may not enter a folder above it.*namei -l ${good.ca} `));
  chmodSync(dir, 0o711);
  chmodSync(good.key, 0o600);
  refused(new RegExp(`user ${NOBODY}, who may not read it: chown ${NOBODY} ${good.key}$`));
  chownSync(good.key, NOBODY, 0);
  asNobody(load);
});

function asNobody(use: () => unknown): void {
  process.seteuid?.(NOBODY);
  try {
    use();
  } finally {
    process.seteuid?.(0);
  }
}

test("a key of another certificate is refused", async (t) => {
  const dir = await folder(t);
  const paths = { ...pathsIn(dir, "device"), key: join(dir, "server.key") };
  assert.throws(() => loadCredentials(paths), { code: "CERTIFICATE_INVALID", message: /does not belong/ });
});

test("the clock decides: too early, too late, and the date is told", async (t) => {
  const credentials = loadCredentials(pathsIn(await folder(t), "device"));
  const problem = (now: number) => checkCredentials(credentials, now, "client");
  assert.match(problem(NOW - 2 * DAY)?.message ?? "", /device\.crt is not valid before 2026-11-22T12:00:00Z/);
  assert.match(problem(NOW + 31 * DAY)?.message ?? "", /device\.crt expired at 2026-12-23T12:00:00Z/);
  assert.equal(problem(NOW - DAY), undefined);
  assert.equal(problem(NOW + 30 * DAY), undefined);
  assert.equal(problem(NOW + 31 * DAY)?.code, "CERTIFICATE_INVALID");
});

test("what ends within thirty days is told beforehand, with what is left; the first of the chain counts", async (t) => {
  const dir = await folder(t);
  const credentials = loadCredentials(pathsIn(dir, "device"));
  const end = NOW + 30 * DAY;
  const own = (now: number) => endingSoon(credentials, now);
  assert.equal(own(end - 30 * DAY - 60_000), undefined);
  assert.match(own(end - 29.5 * DAY) ?? "", /device\.crt ends at 2026-12-23T12:00:00Z, in 29 days/);
  assert.match(own(end - DAY / 2) ?? "", /in 0 days/);
  assert.equal(own(end + 1000), undefined, "that it has ended is told as an error");
  const short = await makeAuthority(NOW);
  const ca = Date.parse(new X509Certificate(short.cert).validTo);
  const issued = await issueCertificate(
    await openAuthority(short),
    { kind: "device", name: "late", days: 20 },
    ca - 25 * DAY,
  );
  writeFileSync(join(dir, "short.crt"), short.cert);
  writeFileSync(join(dir, "late.crt"), issued.cert);
  writeFileSync(join(dir, "late.key"), issued.key);
  const late = loadCredentials(pathsIn(dir, "late", "short"));
  assert.match(endingSoon(late, ca - 24.5 * DAY) ?? "", /late\.crt ends at .*, in 19 days/);
});

test("a certificate of another CA is told, with both names", async (t) => {
  const credentials = loadCredentials(pathsIn(await folder(t), "device", "other"));
  const problem = checkCredentials(credentials, NOW, "client");
  assert.equal(problem?.code, "CERTIFICATE_INVALID");
  assert.match(problem?.message ?? "", /not issued by the CA.*issuer is "CN=jamesd CA.*CA is "CN=jamesd CA/);
});

test("a certificate for the other side is told", async (t) => {
  const dir = await folder(t);
  const asServer = checkCredentials(loadCredentials(pathsIn(dir, "device")), NOW, "server");
  assert.match(asServer?.message ?? "", /may not be used as a server/);
  const asClient = checkCredentials(loadCredentials(pathsIn(dir, "server")), NOW, "client");
  assert.match(asClient?.message ?? "", /may not be used as a client/);
});

test("certificates of plain openssl load: no usages, intermediates, text around them", {
  skip: withoutOpenssl,
}, (t) => {
  const dir = scratch(t);
  ownCa(dir);
  ownLeaf(dir, "mid", "/CN=Acme devices", "-addext", "basicConstraints=critical,CA:TRUE");
  ownLeaf(dir, "direct", "/CN=direct");
  openssl(
    dir,
    ..."req -new -newkey rsa:2048 -nodes -subj /CN=deep -keyout deep.key -out deep.csr".split(" "),
  );
  const sign = "x509 -req -CA mid.crt -CAkey mid.key -CAcreateserial -in deep.csr -text".split(" ");
  const leaf = openssl(dir, ...sign);
  const check = (name: string) =>
    checkCredentials(loadCredentials(pathsIn(dir, name)), Date.now(), "client")?.message;
  assert.equal(check("direct"), undefined);
  writeFileSync(join(dir, "deep.crt"), leaf);
  assert.match(check("deep") ?? "", /not issued by the CA/);
  writeFileSync(join(dir, "deep.crt"), leaf + openssl(dir, "x509", "-in", "mid.crt"));
  assert.equal(check("deep"), undefined);
});

test("a CA file without the root is told: with it alone nobody would be let in", {
  skip: withoutOpenssl,
}, (t) => {
  const dir = scratch(t);
  ownCa(dir);
  ownLeaf(dir, "mid", "/CN=Acme devices", "-addext", "basicConstraints=critical,CA:TRUE");
  ownLeaf(dir, "leaf", "/CN=leaf");
  const request = "x509 -req -CA mid.crt -CAkey mid.key -CAcreateserial -in leaf.csr -out leaf.crt";
  openssl(dir, ...request.split(" "));
  const read = (name: string) => readFileSync(join(dir, name), "utf8");
  const check = (...authorities: readonly string[]) => {
    writeFileSync(join(dir, "bundle.crt"), authorities.map(read).join(""));
    const paths = { ...pathsIn(dir, "leaf"), ca: join(dir, "bundle.crt") };
    return checkCredentials(loadCredentials(paths), Date.now(), "client");
  };
  const problem = check("mid.crt");
  assert.equal(problem?.code, "CERTIFICATE_INVALID");
  assert.match(
    problem?.message ?? "",
    /bundle\.crt lacks the root: "CN=Acme devices" .* by "O=Acme, CN=Acme"/,
  );
  for (const order of [
    ["mid.crt", "ca.crt"],
    ["ca.crt", "mid.crt"],
  ])
    assert.equal(check(...order), undefined);
});

test("who vouches at last is the root, above however many authorities of the file", {
  skip: withoutOpenssl,
}, (t) => {
  const dir = scratch(t);
  ownCa(dir);
  const issuing = ["-addext", "basicConstraints=critical,CA:TRUE"];
  ownLeaf(dir, "upper", "/CN=upper", ...issuing);
  ownLeaf(dir, "lower", "/CN=lower", ...issuing);
  ownLeaf(dir, "leaf", "/CN=leaf");
  const sign = (by: string, name: string, ...more: readonly string[]) =>
    openssl(
      dir,
      ...`x509 -req -CA ${by}.crt -CAkey ${by}.key -CAcreateserial -in ${name}.csr -out ${name}.crt`.split(
        " ",
      ),
      ...more,
    );
  sign("upper", "lower", "-copy_extensions", "copy");
  sign("lower", "leaf");
  const read = (name: string) => readFileSync(join(dir, name), "utf8");
  writeFileSync(join(dir, "bundle.crt"), ["lower.crt", "upper.crt", "ca.crt"].map(read).join(""));
  const credentials = loadCredentials({ ...pathsIn(dir, "leaf"), ca: join(dir, "bundle.crt") });
  assert.equal(rootOf(credentials).subject, "O=Acme\nCN=Acme");
  assert.equal(checkCredentials(credentials, Date.now(), "client"), undefined);
});

test("a server's certificate says that it is one, and is nobody else's", { skip: withoutOpenssl }, (t) => {
  const dir = scratch(t);
  ownCa(dir);
  const use = ["-addext", "extendedKeyUsage=serverAuth"];
  ownLeaf(dir, "good", "/OU=Berlin/CN=jamesd", ...use);
  ownLeaf(dir, "silent", "/CN=jamesd");
  ownLeaf(dir, "device", "/OU=device/CN=jamesd", ...use);
  const check = (name: string) =>
    checkCredentials(loadCredentials(pathsIn(dir, name)), Date.now(), "server")?.message;
  assert.equal(check("good"), undefined);
  assert.match(check("silent") ?? "", /no client accepts .*silent\.crt: .*serverAuth/);
  assert.match(check("device") ?? "", /no client accepts .*device\.crt: .*OU is device/);
});

test("a key that others can read or change is told; its group may read it", async (t) => {
  const paths = pathsIn(await folder(t), "device");
  for (const [mode, isExposed] of [
    [0o600, false],
    [0o400, false],
    [0o640, false],
    [0o644, true],
    [0o660, true],
    [0o606, true],
  ] as const) {
    chmodSync(paths.key, mode);
    assert.equal(exposedKey(paths) !== undefined, isExposed, mode.toString(8));
  }
});

test("a CA of the same name with another key is told apart", { skip: withoutOpenssl }, (t) => {
  const [ours, theirs] = [scratch(t), scratch(t)];
  ownCa(ours);
  ownCa(theirs);
  ownLeaf(theirs, "leaf", "/CN=leaf");
  const check = (ca: string) =>
    checkCredentials(
      loadCredentials({ ...pathsIn(theirs, "leaf"), ca: join(ca, "ca.crt") }),
      Date.now(),
      "client",
    );
  assert.equal(check(theirs), undefined);
  assert.match(check(ours)?.message ?? "", /not issued by the CA/);
});

test("a key with a passphrase is told as such", { skip: withoutOpenssl }, async (t) => {
  const dir = await folder(t);
  openssl(dir, ..."pkcs8 -topk8 -in device.key -passout pass:secret -out locked.key".split(" "));
  const paths = { ...pathsIn(dir, "device"), key: join(dir, "locked.key") };
  assert.throws(() => loadCredentials(paths), { code: "CERTIFICATE_INVALID", message: /passphrase/ });
});
