import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Program, requireTool, Sandbox, sh, skipUnless, waitFor } from "@jamesd/testkit";

/** Makes files until nothing more fits. */
function fill(folder: string): void {
  for (const size of [65_536, 4096, 0])
    try {
      for (let n = 0; n < 10_000; n++) writeFileSync(`${folder}/fill-${size}-${n}`, Buffer.alloc(size));
    } catch {
      // Full.
    }
}

test("a full state disk ends no agent: the server hears of it, also after a restart, and it goes on when there is room", {
  skip: requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount"),
}, async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  const disk = sandbox.path("disk");
  mkdirSync(disk);
  sh("mount", "-t", "tmpfs", "-o", "size=512k,nr_inodes=64,mode=755", "jamesd-test", disk);
  const flags = ["--state-dir", `${disk}/state`, "--interval", "1s"];
  const start = () => sandbox.startAgent("dev", ["x"], ...flags);
  let agent: Program | undefined;
  try {
    await sandbox.startServer();
    const data = await sandbox.pack("app", { "opt/app": "1\n" });
    await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "v1", "--data", data);
    agent = start();
    await agent.says("connected");
    fill(disk);
    const wish = sandbox.write("wish.yaml", "id: dev\napps:\n- name: app\n  tags: [v1]\n");
    await sandbox.ctlOk("set-desired-state", "--file", wish);
    await isSaid(sandbox, ["describe", "--id", "dev"], "no room left");
    assert.ok(agent.isRunning);
    await agent.stop();
    agent = start();
    await agent.says("connected");
    assert.ok(agent.isRunning);
    sh("sh", "-c", 'rm "$0"/fill*', disk);
    await sandbox.ctl("retry", "--id", "dev");
    await isSaid(sandbox, ["list-systems"], "in-sync");
  } finally {
    await agent?.stop("SIGKILL");
    sh("umount", disk);
  }
});

/** Waits until a command says so. */
async function isSaid(sandbox: Sandbox, command: readonly string[], word: string): Promise<void> {
  await waitFor(`${word} of the device`, async () => {
    return (await sandbox.ctlOk(...command)).includes(word) || undefined;
  });
}
