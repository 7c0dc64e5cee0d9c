import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { requireTool, Sandbox, sh, skipUnless, waitFor } from "@jamesd/testkit";

interface Seen {
  readonly sync: string;
  readonly apps: readonly { readonly name: string }[];
  readonly transaction?: {
    readonly outcome: string;
    readonly error?: { readonly code: string; readonly message?: string };
  };
}

test("a device whose state.json is damaged stays up and says so, and its server goes on with what it knew", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const data = await sandbox.pack("app", { "opt/app": "1\n" }, "--gzip");
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", data, "--tags", "v1");
  sandbox.write("v1.yaml", "id: device-1\napps:\n- name: app\n  tags: [v1]\n");
  await sandbox.runAgentOnce("device-1", ["a"]);
  await sandbox.ctlOk("set-desired-state", "--file", "v1.yaml");
  assert.equal((await sandbox.runAgentOnce("device-1", ["a"])).code, 0);
  const device = async (): Promise<Seen> =>
    JSON.parse(await sandbox.ctlOk("get-device", "--id", "device-1", "--output", "json"));
  const before = await device();
  assert.equal(before.sync, "in-sync");

  const state = sandbox.path("device-1/state/state.json");
  const sound = readFileSync(state, "utf8");
  const damages: readonly (readonly [code: string, damage: () => void])[] = [
    ["STORE_CORRUPT", () => writeFileSync(state, sound.replace('"app"', '"apq"'))],
    ["DEVICE_IO", () => mkdirSync(state)],
  ];
  for (const [code, damage] of damages) {
    rmSync(state);
    damage();
    const once = await sandbox.runAgentOnce("device-1", ["a"]);
    assert.ok(once.stderr.includes(code), once.stderr);
    assert.equal(once.code !== 0, true);
    const agent = sandbox.startAgent("device-1", ["a"]);
    // The server knows it already, from the run before: it is this agent that has to say it.
    await agent.says(code);
    const seen = await waitFor("the server to hear of it", async () => {
      const now = await device();
      return now.transaction?.outcome === "stuck" ? now : undefined;
    });
    assert.equal(seen.transaction?.error?.code, code);
    assert.equal(seen.sync, "failed");
    assert.deepEqual(seen.apps, before.apps, "what is not known is not said to be none");
    assert.equal((await agent.stop("SIGTERM")).code, 0, "it was still up");
    rmSync(state, { recursive: true });
    writeFileSync(state, sound);
    assert.equal((await sandbox.runAgentOnce("device-1", ["a"])).code, 0);
    const after = await device();
    assert.deepEqual([after.sync, after.transaction?.outcome], ["in-sync", "rolled-back"], "it is over");
    writeFileSync(state, "");
  }
});

test("an agent that starts on a read-only disk stays up and says so", {
  skip: requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const state = sandbox.path("device-1/state");
  mkdirSync(state, { recursive: true });
  sh("mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "jamesc-test", state);
  try {
    assert.equal((await sandbox.runAgentOnce("device-1", ["a"])).code, 0);
    sh("mount", "-o", "remount,ro", state);
    const agent = sandbox.startAgent("device-1", ["a"]);
    const error = await waitFor("the server to hear of it", async () => {
      const said = await sandbox.ctlOk("get-device", "--id", "device-1", "--output", "json");
      return (JSON.parse(said) as Seen).transaction?.error;
    });
    assert.equal(error.code, "DEVICE_IO");
    assert.match(error.message ?? "", /EROFS/);
    assert.equal((await agent.stop("SIGTERM")).code, 0, "it was still up");
    sh("mount", "-o", "remount,rw", state);
    assert.equal((await sandbox.runAgentOnce("device-1", ["a"])).code, 0);
  } finally {
    sh("umount", state);
  }
});
