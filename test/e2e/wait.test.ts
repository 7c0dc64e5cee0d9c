import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { requireTool, Sandbox, waitFor } from "@jamesd/testkit";

async function upload(sandbox: Sandbox, version: string, ...flags: readonly string[]): Promise<void> {
  const archive = await sandbox.pack(version, { [`opt/vpn-${version}`]: `${version}\n` }, "");
  await sandbox.ctlOk("add-packet", "--name", "vpn", "--data", archive, "--tags", version, ...flags);
}

function specFile(version: string): string {
  return `kind: spec\nid: arms\nselector: [arm]\napps:\n- name: vpn\n  tags: [${version}]\n`;
}

test("whatever makes what a device should have, a wait for it ends", {
  skip: requireTool("tar"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const preinst = sandbox.write("preinst.sh", '#!/bin/sh\ntest -e "$JAMES_ROOT/ready"\n');
  await upload(sandbox, "v1", "--preinst", preinst);
  await upload(sandbox, "v2");
  await sandbox.ctlOk("apply", "-f", sandbox.write("arms.yaml", specFile("v1")));
  sandbox.startAgent("device-1", ["arm"]);
  await waitFor("the failure", async () =>
    (await sandbox.ctlOk("list-systems")).includes("failed") ? true : undefined,
  );

  const again = await sandbox.ctl("retry", "--id", "device-1", "--wait", "--timeout", "60s");
  assert.equal(again.code, 4, again.stderr);
  sandbox.write("device-1/root/ready", "");
  const mended = await sandbox.ctl("retry", "--id", "device-1", "--wait", "--timeout", "60s");
  assert.equal(mended.code, 0, mended.stderr);
  assert.match(mended.stdout, /sync: in-sync/);
  assert.ok(existsSync(`${sandbox.root("device-1")}/opt/vpn-v1`));

  const own = sandbox.write("own.yaml", "id: device-1\napps: []\n");
  await sandbox.ctlOk("set-desired-state", "--file", own, "--wait", "--timeout", "60s");
  await sandbox.ctlOk("apply", "-f", sandbox.write("arms.yaml", specFile("v2")));
  const same = await sandbox.ctl("set-desired-state", "--file", own, "--wait", "--timeout", "60s");
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stdout, /revision: 3\nchanged: false\n/);
  assert.ok(existsSync(`${sandbox.root("device-1")}/opt/vpn-v2`));
});
