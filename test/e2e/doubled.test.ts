import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { Program, Sandbox, waitFor } from "@jamesd/testkit";

const BEFORE = join(import.meta.dirname, "../releases/jamesc-0.1.0.cjs.br");

/** Sees a device as `get-device` shows it once it is doubled. */
async function doubled(sandbox: Sandbox, id: string): Promise<{ problem: { code: string } | null }> {
  return waitFor(`${id} to be doubled`, async () => {
    const { code, stdout } = await sandbox.ctl("get-device", "--id", id, "--output", "json");
    const device = code === 0 ? JSON.parse(stdout) : undefined;
    return device?.sync === "doubled" ? device : undefined;
  });
}

/** The flags of another machine with the certificate of a device. */
function copyFlags(sandbox: Sandbox, id: string): readonly string[] {
  mkdirSync(sandbox.path("copy", id), { recursive: true });
  return ["--install-root", sandbox.path("copy", id), "--state-dir", sandbox.path(`copy-${id}`)];
}

test("two machines with one certificate are told of, and one of them is served", async () => {
  await using sandbox = await Sandbox.create(["today", "before"]);
  const server = await sandbox.startServer();
  const data = await sandbox.pack("app", { "opt/app": "app" });
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", data, "--tags", "v1");
  await sandbox.startAgent("today").says("connected");
  const copy = sandbox.startAgent("today", [], ...copyFlags(sandbox, "today"));
  await copy.says("DEVICE_DOUBLED");
  assert.equal((await doubled(sandbox, "today")).problem?.code, "DEVICE_DOUBLED");
  assert.match(
    server.stderr,
    /two machines or more check in with the certificate of today, from 127\.0\.0\.1/,
  );
  assert.match(await sandbox.ctlOk("list-systems"), /today .* doubled/);
  assert.match(await sandbox.ctlOk("describe", "--id", "today"), /two machines or more/);
  assert.match(await sandbox.ctlOk("events", "--id", "today"), /two machines or more .* today/);

  sandbox.write("wish.yaml", "id: today\napps:\n- name: app\n  tags: [v1]\n");
  const set = await sandbox.ctl("set-desired-state", "--file", "wish.yaml", "--wait");
  assert.notEqual(set.code, 0);
  assert.match(set.stderr, /DEVICE_DOUBLED|two machines or more/);
  await waitFor("the one that is served", async () => existsSync(join(sandbox.root("today"), "opt/app")));
  assert.equal(existsSync(sandbox.path("copy/today/opt/app")), false);

  const file = sandbox.path("before.cjs");
  writeFileSync(file, brotliDecompressSync(readFileSync(BEFORE)));
  // When they miss each other at the start it takes until one of them asks once more.
  const flags = [...sandbox.agentFlags("before", []), "--interval", "2s"];
  const start = (more: readonly string[]) =>
    new Program([process.execPath, file, ...flags, ...more], { cwd: sandbox.dir });
  const old = [start([]), start(copyFlags(sandbox, "before"))];
  try {
    await doubled(sandbox, "before");
  } finally {
    await Promise.all(old.map((agent) => agent.stop("SIGKILL")));
  }
});
