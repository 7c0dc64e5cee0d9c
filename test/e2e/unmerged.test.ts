import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Sandbox, waitFor } from "@jamesd/testkit";

async function once(sandbox: Sandbox): Promise<void> {
  const { code, stderr } = await sandbox.runAgentOnce("device-1");
  assert.equal(code, 0, stderr);
}

test("the new version of a configuration file that was edited is shown until somebody has merged it", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const conf = join(sandbox.root("device-1"), "etc/app.conf");
  for (const version of ["v1", "v2"]) {
    const data = await sandbox.pack(version, { "etc/app.conf": `${version}\n` });
    const packet = ["--name", "app", "--tags", version, "--conffile", "etc/app.conf"];
    await sandbox.ctlOk("add-packet", ...packet, "--data", data);
    const wish = sandbox.write("wish.yaml", `id: device-1\napps:\n- name: app\n  tags: [${version}]\n`);
    await sandbox.ctlOk("set-desired-state", "--file", wish);
    await once(sandbox);
    if (version === "v1") writeFileSync(conf, "mine\n");
  }
  const shown = JSON.parse(await sandbox.ctlOk("get-device", "--id", "device-1", "--output", "json"));
  assert.deepEqual([shown.unmerged, shown.unmergedFiles], [1, ["etc/app.conf.jamesd-new"]]);
  assert.match(await sandbox.ctlOk("describe", "--id", "device-1"), /\/etc\/app\.conf\.jamesd-new: merge it/);
  assert.match(await sandbox.ctlOk("list-systems", "--columns", "id,unmerged"), /device-1 +1/);
  const waits = /configuration files wait to be merged: \/etc\/app\.conf\.jamesd-new/;
  assert.match(await sandbox.ctlOk("events", "--id", "device-1"), waits);

  await sandbox.startAgent("device-1", [], "--interval", "1s").says("connected");
  rmSync(`${conf}.jamesd-new`);
  await waitFor("the server to hear that it was merged", async () => {
    const device = JSON.parse(await sandbox.ctlOk("get-device", "--id", "device-1", "--output", "json"));
    return device.unmerged === 0 && device.unmergedFiles.length === 0 ? true : undefined;
  });
  assert.match(await sandbox.ctlOk("events", "--id", "device-1"), /no configuration file waits .* any more/);
});
