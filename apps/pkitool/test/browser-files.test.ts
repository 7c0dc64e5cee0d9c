import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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

test("a browser's file holds certificate, key and authority, behind a password that is told once", {
  skip: requireTool("openssl"),
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-p12-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const { code, out, err } = await pkitool(
    "--dir",
    dir,
    "--init",
    "--add-operator",
    "alice",
    "--p12",
    "alice",
  );
  assert.equal(code, 0, err);
  const [, password = ""] = /^browser: .*alice\.p12, password ([a-z2-9]{20})$/m.exec(out) ?? [];
  const file = join(dir, "alice.p12");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const openssl = (...words: readonly string[]) =>
    execFileSync("openssl", ["pkcs12", "-in", file, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
    }).toString();
  const read = (...words: readonly string[]) => openssl("-passin", `pass:${password}`, ...words);
  const key = createPrivateKey(read("-nocerts", "-nodes"));
  const own = new X509Certificate(read("-clcerts", "-nokeys"));
  assert.ok(own.checkPrivateKey(key));
  const names = { cert: "alice.crt", ca: "ca.crt" };
  const [cert, ca] = [names.cert, names.ca].map((name) => new X509Certificate(readFileSync(join(dir, name))));
  assert.equal(own.fingerprint256, cert?.fingerprint256);
  assert.equal(new X509Certificate(read("-cacerts", "-nokeys")).fingerprint256, ca?.fingerprint256);
  assert.throws(() => openssl("-passin", "pass:another", "-nokeys"), /mac verify|invalid password/i);
  const before = readFileSync(file);
  const again = await pkitool("--dir", dir, "--p12", "alice");
  assert.deepEqual([again.code === 0, readFileSync(file).equals(before)], [false, true]);
  assert.match(again.err, /alice\.p12 exists already/);
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
