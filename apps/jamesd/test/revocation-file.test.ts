import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Authority, issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { certificateId } from "@jamesd/pki/certificate-id";
import { makeCrl, requireTool } from "@jamesd/testkit";
import { Locks } from "../src/fleet/locks.ts";
import { RevocationFile } from "../src/http/revocation-file.ts";

const DAY = 86_400_000;
const NOW = Date.now();

async function certificateOf(authority: Authority, name: string) {
  const { cert } = await issueCertificate(authority, { kind: "device", name }, NOW);
  return { name, role: "device" as const, certificate: certificateId(new X509Certificate(cert)) };
}

type Four = [string, string, string, string];

test("who is on a list is locked out; one past its date says so, and closes its authority when that is wanted", {
  skip: requireTool("openssl"),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-crl-"));
  t.after(() => rmSync(folder, { recursive: true }));
  t.mock.timers.enable({ apis: ["setInterval"] });
  const [path, ca, own, key] = ["crl", "ca", "own", "key"].map((name) => join(folder, name)) as Four;
  const [pair, otherPair] = [await makeAuthority(NOW), await makeAuthority(NOW)];
  const [authority, other] = [await openAuthority(pair), await openAuthority(otherPair)];
  const [one, two] = [await certificateOf(authority, "one"), await certificateOf(authority, "two")];
  const foreign = await certificateOf(other, "one");
  const write = (serials: readonly string[], days: number) =>
    writeFileSync(path, makeCrl(own, key, serials, days));
  writeFileSync(ca, pair.cert + otherPair.cert);
  writeFileSync(own, pair.cert);
  writeFileSync(key, pair.key);
  for (const isStrict of [false, true]) {
    const locks = new Locks([]);
    const warnings: unknown[] = [];
    let now = NOW;
    let changes = 0;
    write([one.certificate.serial], 2);
    locks.onChange(() => (changes += 1));
    const log = { warn: (said: unknown) => void warnings.push(said) };
    const file = new RevocationFile({ path, authorities: [ca], isStrict, log, now: () => now });
    file.guard(locks);
    const keptOut = () => [one, two, foreign].map((holder) => locks.keepsOut(holder));
    assert.deepEqual([keptOut(), changes], [[true, false, false], 1]);
    write([two.certificate.serial], 2);
    const [list] = file.nextUpdates;
    assert.equal(list?.issuer, new X509Certificate(pair.cert).subject);
    assert.ok(list.nextUpdate > NOW + DAY && list.nextUpdate < NOW + 3 * DAY);
    file.reload();
    assert.deepEqual([keptOut(), changes], [[false, true, false], 2]);
    writeFileSync(path, "none");
    assert.throws(() => file.reload(), { code: "CERTIFICATE_INVALID" });
    assert.deepEqual([keptOut(), warnings], [[false, true, false], []]);
    now += 3 * DAY;
    t.mock.timers.tick(60_000);
    assert.deepEqual(keptOut(), isStrict ? [true, true, false] : [false, true, false]);
    t.mock.timers.tick(600_000);
    assert.equal(warnings.length, 1, "it is said once");
    write([], 9);
    file.reload();
    assert.deepEqual(keptOut(), [false, false, false]);
    await file.close();
  }
});

test("a list that is yet to be written counts, and is warned of once, unless clocks are only a little apart", {
  skip: requireTool("openssl"),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-crl-"));
  t.after(() => rmSync(folder, { recursive: true }));
  t.mock.timers.enable({ apis: ["setInterval"] });
  const [path, ca, key] = ["crl", "ca", "key"].map((name) => join(folder, name)) as [string, string, string];
  const pair = await makeAuthority(NOW);
  const one = await certificateOf(await openAuthority(pair), "one");
  writeFileSync(ca, pair.cert);
  writeFileSync(key, pair.key);
  writeFileSync(path, makeCrl(ca, key, [one.certificate.serial], 9));
  const MINUTE = 60_000;
  for (const [early, said] of [
    [MINUTE, 0],
    [10 * MINUTE, 1],
  ] as const) {
    const locks = new Locks([]);
    const warnings: unknown[] = [];
    const log = { warn: (line: unknown) => void warnings.push(line) };
    const now = () => NOW - early;
    const file = new RevocationFile({ path, authorities: [ca], isStrict: true, log, now });
    file.guard(locks);
    t.mock.timers.tick(MINUTE);
    assert.deepEqual([locks.keepsOut(one), warnings.length], [true, said]);
    file.reload();
    assert.equal(warnings.length, 2 * said, "it is said of each list that is read");
    if (said > 0) assert.match(String(warnings[0]), /is of \d{4}-.*, which is yet to come/);
    await file.close();
  }
});
