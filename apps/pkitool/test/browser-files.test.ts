import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { requireTool } from "@jamesd/testkit";
import { run } from "../src/run.ts";

async function pkitool(...argv: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const output = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await run(argv, output, {});
  return { code, out: out.join(""), err: err.join("") };
}

/** What openssl says a file is protected with. */
const PROTECTIONS = [
  {
    flags: [],
    mac: "sha256, Iteration 100000",
    encryption: "PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256",
  },
  {
    flags: ["--p12-legacy"],
    mac: "sha1, Iteration 2048",
    encryption: "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048",
  },
];

for (const { flags, mac, encryption } of PROTECTIONS)
  test(`a browser's file holds certificate, key and authority, behind a password that is told once ${flags}`, {
    skip: requireTool("openssl"),
  }, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "jamesd-p12-"));
    t.after(() => rmSync(dir, { recursive: true }));
    const p12 = ["--dir", dir, "--p12", "alice", ...flags];
    const { code, out, err } = await pkitool(...p12, "--init", "--add-operator", "alice");
    assert.equal(code, 0, err);
    const [, password = ""] = /^browser: .*alice\.p12, password ([a-z2-9]{20})$/m.exec(out) ?? [];
    const file = join(dir, "alice.p12");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const openssl = (...words: readonly string[]) =>
      spawnSync("openssl", ["pkcs12", "-in", file, ...words], { encoding: "utf8" });
    const read = (...words: readonly string[]) => openssl("-passin", `pass:${password}`, ...words);
    const key = createPrivateKey(read("-nocerts", "-nodes").stdout);
    const own = new X509Certificate(read("-clcerts", "-nokeys").stdout);
    assert.ok(own.checkPrivateKey(key));
    const [cert, ca] = ["alice.crt", "ca.crt"].map(
      (name) => new X509Certificate(readFileSync(join(dir, name))),
    );
    assert.equal(own.fingerprint256, cert?.fingerprint256);
    assert.equal(new X509Certificate(read("-cacerts", "-nokeys").stdout).fingerprint256, ca?.fingerprint256);
    const said = read("-info", "-noout").stderr;
    assert.match(said, new RegExp(`^MAC: ${mac}$`, "m"));
    for (const part of ["PKCS7 Encrypted data", "Shrouded Keybag"])
      assert.match(said, new RegExp(`^${part}: ${encryption}$`, "m"));
    assert.match(openssl("-passin", "pass:another", "-nokeys").stderr, /mac verify|invalid password/i);
    const before = readFileSync(file);
    const again = await pkitool(...p12);
    assert.deepEqual([again.code === 0, readFileSync(file).equals(before)], [false, true]);
    assert.match(again.err, /alice\.p12 exists already/);
  });

test("--p12-legacy without --p12 is refused", async () => {
  const { code, err } = await pkitool("--init", "--p12-legacy");
  assert.equal(code, 2);
  assert.match(err, /--p12-legacy is for --p12/);
});

test("what is not there, or no name, makes nothing", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-p12-"));
  t.after(() => rmSync(dir, { recursive: true }));
  await pkitool("--dir", dir, "--init", "--add-viewer", "bob");
  const there = readdirSync(dir).sort();
  for (const [name, message] of [
    ["none", /there is no .*none\.crt/],
    ["../bob", /bob/],
  ] as const) {
    const { code, err } = await pkitool("--dir", dir, "--p12", "bob", "--p12", name);
    assert.notEqual(code, 0);
    assert.match(err, message);
    assert.deepEqual(readdirSync(dir).sort(), there);
  }
});
