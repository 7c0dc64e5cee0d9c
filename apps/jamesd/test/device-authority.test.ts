import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeAuthority, makeDeviceAuthority } from "@jamesd/pki";
import { requireTool } from "@jamesd/testkit";
import { DeviceAuthority } from "../src/enrollment/device-authority.ts";

const DAY = 86_400_000;
const YEAR = 366 * DAY;

function openIn(dir: string, cert: string, key?: string): DeviceAuthority {
  const files = { ca: join(dir, "ca.crt"), cert: join(dir, cert), key: key && join(dir, key) };
  return new DeviceAuthority({ ...files, lifetimeMs: DAY });
}

test("an operator hears of an authority for devices that ends, whose key others read, or that agents believe of servers", {
  skip: requireTool("openssl"),
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-device-ca-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const [ca, devices] = [await makeAuthority(Date.now()), await makeDeviceAuthority(Date.now())];
  writeFileSync(join(dir, "ca.crt"), ca.cert);
  writeFileSync(join(dir, "ca.key"), ca.key, { mode: 0o600 });
  writeFileSync(join(dir, "devices.crt"), devices.cert);
  writeFileSync(join(dir, "devices.key"), devices.key, { mode: 0o644 });
  const own = openIn(dir, "devices.crt", "devices.key");
  assert.match(
    own.warnings(Date.now()).join("\n"),
    /^others can read or change the private key \S+devices\.key.*chmod 600 it$/,
  );
  const [, soon] = own.warnings(Date.now() + 20 * YEAR - 40 * DAY);
  assert.match(soon ?? "", /devices\.crt ends at .*: issue a new one before$/);
  const [, ended] = own.warnings(Date.now() + 21 * YEAR);
  assert.match(ended ?? "", /devices\.crt ended at .*: issue a new one$/);

  const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  openssl("req", "-new", "-key", "devices.key", "-subj", "/CN=below", "-out", "below.csr");
  const sign = (name: string, usage: string) => {
    writeFileSync(join(dir, "ext"), `basicConstraints=critical,CA:TRUE,pathlen:0\n${usage}`);
    const by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext", "-days", "90"];
    openssl("x509", "-req", "-in", "below.csr", ...by, "-out", name);
  };
  sign("any.crt", "");
  assert.match(
    openIn(dir, "any.crt").warnings(Date.now()).join(),
    /any\.crt is below an authority of \S+ca\.crt/,
  );
  sign("clients.crt", "extendedKeyUsage=clientAuth\n");
  assert.deepEqual(openIn(dir, "clients.crt").warnings(Date.now()), []);
  // Another certificate for the key of one that is trusted with servers.
  openssl("req", "-x509", "-key", "ca.key", "-subj", "/CN=other", "-days", "90", "-out", "same-key.crt");
  assert.throws(() => openIn(dir, "same-key.crt"), { code: "CERTIFICATE_INVALID" });
});
