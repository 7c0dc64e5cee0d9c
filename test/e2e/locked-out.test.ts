import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { makeCrl, requireTool, Sandbox } from "@jamesd/testkit";

test("a device that is locked out is gone, also when it begins anew, and comes in again when it is let", async () => {
  await using sandbox = await Sandbox.create(["device-1", "device-2"]);
  await sandbox.startServer();
  const agent = sandbox.startAgent("device-1", ["x"]);
  await agent.says("connected");
  await sandbox.ctlOk("revoke", "--certificate", "pki/device-1.crt", "--reason", "stolen\u001b[2J");
  await agent.says("CERTIFICATE_REVOKED");
  await agent.stop();
  const refused = await sandbox.runAgentOnce("device-1", ["x"]);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /device-1 is locked out/);
  assert.equal((await sandbox.runAgentOnce("device-2", ["x"])).code, 0);

  const { serialNumber } = new X509Certificate(readFileSync(sandbox.path("pki/device-1.crt")));
  const listed = await sandbox.ctlOk("list-revoked");
  const described = await sandbox.ctlOk("describe", "--id", "device-1");
  assert.match(described, /lockedOut: "?since .* by admin: stolen/);
  assert.match(described, /whatToDo: .*unrevoke/);
  assert.match(await sandbox.ctlOk("get-device", "--id", "device-1"), /reason: "?stolen/);
  assert.match(
    listed,
    new RegExp(
      `the certificate ${serialNumber.toLowerCase()} .* admin +stolen.*; it is of CN=device-1, OU=device`,
    ),
  );
  assert.equal(listed.includes("\u001b"), false, "what a text steers the terminal with is not printed");

  const by = (...flags: readonly string[]) => sandbox.ctl("unrevoke", ...flags);
  assert.match(
    (await by("--id", "device-1")).stderr,
    /nobody called device-1 is locked out.*\[REVOCATION_UNKNOWN\]/s,
  );
  assert.match((await by()).stderr, /none of --id, --serial and --certificate is given/);
  assert.match((await by("--id", "a", "--serial", "1")).stderr, /more than one of --id, --serial/);
  assert.match((await by("--certificate", "pki/device-1.key")).stderr, /holds no PEM certificate/);
  assert.equal((await by("--certificate", "pki/device-1.crt")).code, 0);
  // A name that nobody has may be a slip, by which one that was stolen goes on.
  const slip = await sandbox.ctl("revoke", "--id", "devcie-1");
  assert.deepEqual([slip.code, /no device is called devcie-1/.test(slip.stderr)], [0, true], slip.stderr);
  const right = await sandbox.ctl("revoke", "--id", "device-1");
  assert.deepEqual([right.code, right.stderr], [0, ""]);
  for (const id of ["devcie-1", "device-1"]) assert.equal((await by("--id", id)).code, 0);
  // By serial number it is whichever issuer's.
  await sandbox.ctlOk("revoke", "--serial", `0x${serialNumber}`);
  assert.notEqual((await sandbox.runAgentOnce("device-1", ["x"])).code, 0);
  await sandbox.ctlOk("unrevoke", "--serial", serialNumber);
  assert.equal((await sandbox.runAgentOnce("device-1", ["x"])).code, 0);

  // One that is removed stays away, though it was connected; what is refused locks out nobody.
  const connected = sandbox.startAgent("device-1", ["x"]);
  await connected.says("connected");
  sandbox.write("own.yaml", "id: device-1\napps: []\n");
  await sandbox.ctlOk("set-desired-state", "--file", "own.yaml");
  const inUse = await sandbox.ctl("remove-device", "--id", "device-1", "--revoke", "--yes");
  assert.match(inUse.stderr, /DEVICE_IN_USE/);
  assert.match(await sandbox.ctlOk("list-revoked", "--output", "json"), /^\[\]\s*$/);
  await sandbox.ctlOk("remove-device", "--id", "device-1", "--revoke", "--force", "--yes");
  await connected.says("CERTIFICATE_REVOKED");
  assert.equal((await sandbox.ctlOk("list-systems")).includes("device-1"), false);
});

test("who is on the list of the authority is locked out as soon as its file is replaced", {
  skip: requireTool("openssl"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1", "device-2"]);
  const { serialNumber } = new X509Certificate(readFileSync(sandbox.path("pki/device-1.crt")));
  const crl = (serials: readonly string[]) =>
    sandbox.write("crl.pem", makeCrl(sandbox.path("pki/ca.crt"), sandbox.path("pki/ca.key"), serials, 9));
  await sandbox.startServer("--crl", crl([]));
  const agent = sandbox.startAgent("device-1", ["x"]);
  await agent.says("connected");
  // Also while the server's own files do not fit together.
  const key = readFileSync(sandbox.path("pki/jamesd.key"), "utf8");
  sandbox.write("pki/jamesd.key", "none");
  crl([serialNumber]);
  await agent.says("CERTIFICATE_REVOKED");
  sandbox.write("pki/jamesd.key", key);
  assert.equal((await sandbox.runAgentOnce("device-2", ["x"])).code, 0);
  // A server that could not know whom to keep out does not begin.
  await sandbox.stopServer();
  sandbox.write("crl.pem", "none");
  const refused = await sandbox.run("jamesd", [
    "--addr",
    "127.0.0.1:0",
    "--data",
    sandbox.path("data"),
    ...sandbox.credentials("jamesd"),
    "--crl",
    sandbox.path("crl.pem"),
  ]);
  assert.match(refused.stderr, /crl\.pem holds no list of revoked certificates.*\[CERTIFICATE_INVALID\]/s);
});
