import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type Program, Sandbox, waitFor } from "@jamesd/testkit";

async function inSync(sandbox: Sandbox, id: string): Promise<void> {
  await waitFor(`${id} to be in sync`, async () => {
    const { code, stdout } = await sandbox.ctl("get-device", "--id", id, "--output", "json");
    return code === 0 && JSON.parse(stdout).sync === "in-sync" ? true : undefined;
  });
}

async function connected(sandbox: Sandbox, id: string): Promise<void> {
  await waitFor(`${id} to be connected`, async () => {
    const { code, stdout } = await sandbox.ctl("get-device", "--id", id, "--output", "json");
    return code === 0 && JSON.parse(stdout).connected ? true : undefined;
  });
}

async function addPacket(sandbox: Sandbox, version: string): Promise<void> {
  const data = await sandbox.pack(`app-${version}`, { "opt/app/version": `${version}\n` }, "--gzip");
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", data, "--tags", version);
  sandbox.write(`${version}.yaml`, `id: device-1\napps:\n- name: app\n  tags: [${version}]\n`);
}

test("devices and server survive each other's restarts; nothing acknowledged is lost", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  const server = await sandbox.startServer();
  let agent: Program = sandbox.startAgent("device-1", ["a"]);
  await connected(sandbox, "device-1");
  await addPacket(sandbox, "v1");
  await addPacket(sandbox, "v2");
  await sandbox.ctlOk("set-desired-state", "--file", "v1.yaml", "--wait");

  await server.stop("SIGKILL");
  await sandbox.startServer();
  assert.match(await sandbox.ctlOk("list-packets"), /v2/);
  assert.match(await sandbox.ctlOk("get-desired-state", "--id", "device-1"), /v1/);
  await connected(sandbox, "device-1");
  await sandbox.ctlOk("set-desired-state", "--file", "v2.yaml", "--wait", "--message", "upgrade");

  await agent.stop("SIGKILL");
  await sandbox.ctlOk("set-desired-state", "--file", "v1.yaml");
  agent = sandbox.startAgent("device-1", ["a"]);
  await inSync(sandbox, "device-1");

  const stopped = await agent.stop("SIGTERM");
  assert.equal(stopped.code, 0, stopped.stderr);
  await waitFor("the server to see it go", async () => {
    const { stdout } = await sandbox.ctl("get-device", "--id", "device-1", "--output", "json");
    return JSON.parse(stdout).connected ? undefined : true;
  });
  const end = await sandbox.stopServer("SIGTERM");
  assert.equal(end?.code, 0, end?.stderr);
});

test("SIGTERM ends a server that holds check-ins", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  sandbox.startAgent("device-1", ["a"], "--interval", "5m");
  await connected(sandbox, "device-1");
  const { code, stderr } = (await sandbox.stopServer("SIGTERM")) ?? {};
  assert.equal(code, 0, stderr);
});

test("a device that polls gets its desired state too", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  sandbox.startAgent("device-1", ["a"], "--poll", "--interval", "200ms");
  await connected(sandbox, "device-1");
  await addPacket(sandbox, "v1");
  await sandbox.ctlOk("set-desired-state", "--file", "v1.yaml", "--wait");
});

test("a second agent on the same state directory is refused", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  sandbox.startAgent("device-1", ["a"]);
  await connected(sandbox, "device-1");
  const second = await sandbox.runAgentOnce("device-1", ["a"]);
  assert.notEqual(second.code, 0);
  assert.match(second.stderr, /STATE_DIR_LOCKED/);
});

test("a better packet that is uploaded later reaches the device by itself", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  sandbox.startAgent("device-1", ["a", "b"]);
  await connected(sandbox, "device-1");
  const general = await sandbox.pack("general", { "opt/app": "general\n" }, "--gzip");
  const special = await sandbox.pack("special", { "opt/app": "special\n" }, "--gzip");
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", general, "--tags", "a");
  sandbox.write("state.yaml", "id: device-1\napps:\n- name: app\n");
  await sandbox.ctlOk("set-desired-state", "--file", "state.yaml", "--wait");
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", special, "--tags", "a,b");
  const path = `${sandbox.root("device-1")}/opt/app`;
  // In the middle of the switch there is no file.
  await waitFor("the file", () =>
    existsSync(path) && readFileSync(path, "utf8") === "special\n" ? true : undefined,
  );
});
