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
