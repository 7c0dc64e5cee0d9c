import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Sandbox } from "@jamesd/testkit";

const DEVICE = "device-1";

test("a packet whose prerm fails wherever it is goes when a spec forces its removal, and what it said is told", async () => {
  await using sandbox = await Sandbox.create([DEVICE]);
  await sandbox.startServer();
  const data = await sandbox.pack("app", { "opt/app/tool": "tool\n" });
  const prerm = sandbox.write("prerm.sh", "#!/bin/sh\necho never >&2\nexit 7\n");
  await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "v1", "--data", data, "--prerm", prerm);
  const apply = (rest: string) =>
    sandbox.ctlOk("apply", "--file", sandbox.write("all.yaml", `id: all\nselector: []\n${rest}`), "--yes");
  const file = join(sandbox.root(DEVICE), "opt/app/tool");
  await apply("apps:\n- name: app\n  tags: [v1]\n");
  assert.equal((await sandbox.runAgentOnce(DEVICE)).code, 0);
  assert.ok(existsSync(file));

  await apply("apps: []\n");
  assert.equal((await sandbox.runAgentOnce(DEVICE)).code, 4);
  assert.ok(existsSync(file));
  assert.match(await sandbox.ctlOk("describe", "--id", DEVICE), /removal: forced/);

  await apply("apps: []\nremoval: forced\n");
  assert.equal((await sandbox.runAgentOnce(DEVICE)).code, 0);
  assert.ok(!existsSync(file));
  assert.equal((await sandbox.device(DEVICE))?.sync, "in-sync");
  const log = await sandbox.ctlOk("device-log", "--id", DEVICE);
  assert.match(log, /carried out revision 3.*\n +prerm of app ended with exit code 7.*\n.*never/);
});
