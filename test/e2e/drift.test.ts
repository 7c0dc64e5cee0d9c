import assert from "node:assert/strict";
import { chmodSync, existsSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, Sandbox, waitFor } from "@jamesd/testkit";

const DEVICE = "device-1";

/** Looks often, and does not compare contents by itself. */
const OFTEN = ["--drift-interval", "200ms", "--drift-full-interval", "1d"];

interface Shown {
  readonly sync: string;
  readonly drifted: number | null;
  readonly drift: {
    readonly paths: readonly { readonly path: string; readonly kinds: readonly string[] }[];
  } | null;
}

async function shown(sandbox: Sandbox): Promise<Shown> {
  return JSON.parse(await sandbox.ctlOk("get-device", "--id", DEVICE, "--output", "json"));
}

test("drift is seen and told by itself, looked for when asked, and put right as soon as a policy wants it", async () => {
  await using sandbox = await Sandbox.create([DEVICE]);
  await sandbox.startServer();
  const tree = {
    "opt/app/tool": { text: "#!/bin/sh\n", mode: 0o755 },
    "opt/app/data": "data\n",
    "opt/app/now": { link: "data" },
    "opt/app/cache": "0\n",
    "etc/app.conf": "conf\n",
  };
  const data = await sandbox.pack("app", tree);
  const flags = ["--tags", "v1", "--conffile", "etc/app.conf", "--volatile", "/opt/app/cache"];
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", data, ...flags);
  const wish = (policy: string) =>
    sandbox.write("wish.yaml", `id: ${DEVICE}\n${policy}apps:\n- name: app\n  tags: [v1]\n`);
  assert.equal((await sandbox.runAgentOnce(DEVICE)).code, 0);
  const agent = sandbox.startAgent(DEVICE, [], ...OFTEN);
  await sandbox.ctlOk("set-desired-state", "--file", wish(""), "--wait");
  const at = (path: string) => join(sandbox.root(DEVICE), path);
  const before = readTree(sandbox.root(DEVICE));

  chmodSync(at("opt/app/tool"), 0o700);
  rmSync(at("opt/app/now"));
  symlinkSync("/etc/passwd", at("opt/app/now"));
  for (const path of ["opt/app/cache", "etc/app.conf"]) writeFileSync(at(path), "edited\n");
  await waitFor("the drift is told", async () => (await shown(sandbox)).drifted === 2 || undefined);
  const { sync, drift } = await shown(sandbox);
  assert.equal(sync, "in-sync");
  assert.deepEqual(
    drift?.paths.map(({ path, kinds }) => [path, ...kinds]),
    [
      ["/opt/app/now", "target"],
      ["/opt/app/tool", "mode"],
    ],
  );
  assert.match(await sandbox.ctlOk("describe", "--id", DEVICE), /drifted:[\s\S]*\/opt\/app\/tool: mode/);
  assert.match(
    await sandbox.ctlOk("device-log", "--id", DEVICE),
    /2 paths not as packets have them: \/opt\/app\/now/,
  );

  rmSync(at("opt/app/data"));
  const verified = await sandbox.ctl("verify", "--id", DEVICE, "--wait", "--exit-code", "--output", "json");
  assert.equal(verified.code, 2, verified.stderr);
  assert.equal(JSON.parse(verified.stdout).drifted, 3);
  assert.match(JSON.parse(verified.stdout).contents, /^compared at/);

  const { ino } = statSync(at("opt/app/tool"));
  await sandbox.ctlOk("set-desired-state", "--file", wish("drift: repair\n"));
  await waitFor("it is put right", async () => (await shown(sandbox)).drifted === 0 || undefined);
  const edited = Object.fromEntries(
    ["opt/app/cache", "etc/app.conf"].map((path) => [path, readTree(sandbox.root(DEVICE))[path]]),
  );
  assert.deepEqual(readTree(sandbox.root(DEVICE)), { ...before, ...edited });
  assert.notEqual(statSync(at("opt/app/tool")).ino, ino);
  rmSync(at("opt/app/tool"));
  await waitFor("what goes again is put right again", () => existsSync(at("opt/app/tool")) || undefined);
  const again = await sandbox.ctl("verify", "--id", DEVICE, "--wait", "--exit-code");
  assert.equal(again.code, 0, again.stdout);
  assert.match(await sandbox.ctlOk("device-log", "--id", DEVICE), /to put drift right, carried out revision/);
  await agent.stop();
});
