import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { test } from "node:test";
import { Sandbox } from "@jamesd/testkit";

test("every program says that others can read its key, and works all the same", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  const ctl = () => sandbox.ctl("list-packets");
  const server = await sandbox.startServer();
  assert.equal((await ctl()).stderr, "");
  assert.doesNotMatch(server.stderr + (await sandbox.runAgentOnce("device-1")).stderr, /can read or change/);
  await sandbox.stopServer();

  for (const name of ["jamesd", "admin", "device-1"]) chmodSync(sandbox.path(`pki/${name}.key`), 0o644);
  const warned = await sandbox.startServer();
  assert.match(
    warned.stderr,
    /can read or change the private key .*jamesd\.key, whose mode is 644: chmod 600/,
  );
  const { code, stderr } = await ctl();
  assert.equal(code, 0);
  assert.match(stderr, /^jamesd-ctl: others can read or change the private key .*admin\.key/);
  const agent = await sandbox.runAgentOnce("device-1");
  assert.equal(agent.code, 0);
  assert.match(agent.stderr, /can read or change the private key .*device-1\.key/);
});

test("every program says that its certificate ends soon", async () => {
  await using sandbox = await Sandbox.create();
  for (const [kind, name] of [
    ["server", "short"],
    ["operator", "olga"],
    ["client", "device-1"],
  ] as const)
    await sandbox.pkitool(
      `--add-${kind}`,
      name,
      "--days",
      "10",
      ...(kind === "server" ? ["--san", "jamesd"] : []),
    );
  const server = await sandbox.startServer(...sandbox.credentials("short"));
  assert.match(
    server.stderr,
    /the certificate .*short\.crt ends at \d{4}-.*, in \d+ days: issue a new one before/,
  );
  const { code, stderr } = await sandbox.ctlAs("olga", "list-packets");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^jamesd-ctl: the certificate .*olga\.crt ends at/);
  const agent = await sandbox.runAgentOnce("device-1");
  assert.equal(agent.code, 0, agent.stderr);
  assert.match(agent.stderr, /the certificate .*device-1\.crt ends at/);
});
