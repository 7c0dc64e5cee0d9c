import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Sandbox } from "@jamesd/testkit";
import { Line } from "./line.ts";

/** The seed's VPN: a version that connects, and one whose service cuts the line that it is to hold. */
async function uploadVpn(sandbox: Sandbox, ...flags: readonly string[]): Promise<void> {
  const up = sandbox.write("up.sh", 'rm -f "$JAMES_ROOT/line-is-cut"\n');
  const cut = sandbox.write("cut.sh", 'touch "$JAMES_ROOT/line-is-cut"\necho tunnel is down\n');
  for (const [version, postinst] of [
    ["v1", up],
    ["v2", cut],
  ] as const) {
    const data = await sandbox.pack(`vpn-${version}`, { "etc/vpn.conf": `${version}\n` });
    const scripts = ["--postinst", postinst, "--prerm", up];
    const packet = ["--name", "vpn", "--data", data, "--tags", version];
    await sandbox.ctlOk("add-packet", ...packet, ...scripts, ...flags);
  }
}

test("a VPN that its own update cuts off comes back by itself, says why, and is tried again when told", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const root = sandbox.root("device-1");
  const cut = join(root, "line-is-cut");
  await using line = await Line.to(sandbox.port, cut);
  const agent = sandbox.startAgent("device-1", [], "--addr", `127.0.0.1:${line.port}`);
  await agent.says("connected");
  await uploadVpn(sandbox);
  const wish = (version: string, rest = ""): string =>
    sandbox.write(`${version}.yaml`, `id: device-1\napps:\n- name: vpn\n  tags: [${version}]\n${rest}`);
  await sandbox.ctlOk("set-desired-state", "--file", wish("v1"), "--wait");

  const file = wish("v2", "confirm: connectivity=2s\n");
  const failed = await sandbox.ctl("set-desired-state", "--file", file, "--wait");
  assert.equal(failed.code, 4, failed.stderr);
  assert.match(failed.stderr, /CONNECTIVITY_LOST/);
  assert.equal(readFileSync(join(root, "etc/vpn.conf"), "utf8"), "v1\n");
  assert.ok(!existsSync(cut), "prerm of the new version took back what its postinst did");
  assert.match(await sandbox.ctlOk("get-desired-state", "--id", "device-1"), /confirm: connectivity=2s/);
  assert.match(await sandbox.ctlOk("get-device", "--id", "device-1"), /tunnel is down/);

  const again = await sandbox.ctl("retry", "--id", "device-1", "--wait");
  assert.equal(again.code, 4, again.stderr);
  assert.match(again.stderr, /CONNECTIVITY_LOST/);
  assert.match(again.stderr, /attempt 2/);

  await sandbox.ctlOk("set-desired-state", "--file", wish("v1"), "--wait");
  const idle = await sandbox.ctl("retry", "--id", "device-1");
  assert.equal(idle.code, 1, idle.stderr);
  assert.match(idle.stderr, /RETRY_NOT_NEEDED/);
});

test("the same without confirm cuts the device off: the test's line is a line", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const cut = join(sandbox.root("device-1"), "line-is-cut");
  await using line = await Line.to(sandbox.port, cut);
  const agent = sandbox.startAgent("device-1", [], "--addr", `127.0.0.1:${line.port}`);
  await agent.says("connected");
  await uploadVpn(sandbox);
  const file = sandbox.write("v2.yaml", "id: device-1\napps:\n- name: vpn\n  tags: [v2]\n");
  await sandbox.ctlOk("set-desired-state", "--file", file);
  await agent.says("lost");
  assert.ok(existsSync(cut));
  rmSync(cut);
});

test("a packet asks for its own proof; what it wants is shown; a failed healthcheck tells its last words", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const agent = sandbox.startAgent("device-1", [], "--healthcheck-timeout", "3s");
  await agent.says("connected");
  const healthcheck = sandbox.write("healthcheck.sh", "echo nobody listens on port 80; exit 9\n");
  const data = await sandbox.pack("web", { "etc/web.conf": "1\n", "etc/other.conf": "1\n" });
  const flags = ["--conffile", "./etc/web.conf", "--conffile", "/etc/other.conf", "--unowned", "adopt"];
  const proofs = ["--healthcheck", healthcheck, "--confirm", "connectivity=90s"];
  await sandbox.ctlOk("add-packet", "--name", "web", "--data", data, ...flags, ...proofs);
  const shown = await sandbox.ctlOk("get-packet", "--name", "web");
  for (const words of [
    "- etc/other.conf\n",
    "- etc/web.conf\n",
    "connectivity=90s",
    "unowned: adopt",
    "healthcheck",
  ])
    assert.ok(shown.includes(words), `${words} is missing: ${shown}`);
  const file = sandbox.write("web.yaml", "id: device-1\napps:\n- name: web\n");
  const failed = await sandbox.ctl("set-desired-state", "--file", file, "--wait");
  assert.equal(failed.code, 4, failed.stderr);
  assert.match(failed.stderr, /healthcheck of web/);
  assert.match(failed.stderr, /exit code 9/);
  assert.match(failed.stderr, /nobody listens on port 80/);
});
