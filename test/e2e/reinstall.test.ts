import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Sandbox, waitFor } from "@jamesd/testkit";

const DEVICE = "device-1";

interface Shown {
  readonly sync: string;
  readonly reinstall: object | null;
  readonly transaction: { readonly id: string; readonly outcome: string; readonly reinstall?: string } | null;
}

test("an app is installed again when an operator wants it, once, in one transaction, and a failure is undone", async () => {
  await using sandbox = await Sandbox.create([DEVICE]);
  await sandbox.startServer();
  const log = sandbox.path("scripts.log");
  const bad = sandbox.path("bad");
  const scripts = ["preinst", "postinst", "prerm", "postrm"].flatMap((name) => {
    const check = name === "preinst" ? `if [ -e ${bad} ]; then exit 1; fi\n` : "";
    return [`--${name}`, sandbox.write(`${name}.sh`, `#!/bin/sh\necho ${name} >> ${log}\n${check}`)];
  });
  const data = await sandbox.pack("app", { "opt/app": "1\n", "etc/app.conf": "conf\n" });
  const flags = ["--tags", "v1", "--conffile", "etc/app.conf"];
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", data, ...flags, ...scripts);
  assert.equal((await sandbox.runAgentOnce(DEVICE)).code, 0);
  sandbox.startAgent(DEVICE);
  const wish = sandbox.write("wish.yaml", `id: ${DEVICE}\napps:\n- {name: app, tags: [v1]}\n`);
  await sandbox.ctlOk("set-desired-state", "--file", wish, "--wait");
  const at = (path: string) => join(sandbox.root(DEVICE), path);
  const ran = () => readFileSync(log, "utf8").trim().split("\n").join(" ");
  const shown = async (): Promise<Shown> =>
    JSON.parse(await sandbox.ctlOk("get-device", "--id", DEVICE, "--output", "json")) as Shown;
  const reinstall = () => sandbox.ctlOk("reinstall", "--app", "app", "--id", DEVICE);
  const ended = async (outcome: string, before: Shown) =>
    waitFor(`${outcome} again`, async () => {
      const now = await shown();
      return now.transaction?.outcome === outcome && now.transaction.id !== before.transaction?.id
        ? now
        : undefined;
    });

  let before = await shown();
  rmSync(at("opt/app"));
  writeFileSync(at("etc/app.conf"), "edited\n");
  writeFileSync(log, "");
  const order = "prerm postrm preinst postinst";
  assert.match(
    await reinstall(),
    /steps:\n- run prerm of app \[v1\]\n- delete .*\n(.*\n)*- unpack app \[v1\]\n/,
  );
  let now = await ended("committed", before);
  assert.deepEqual([now.sync, now.reinstall], ["in-sync", null]);
  assert.equal(typeof now.transaction?.reinstall, "string");
  assert.equal(ran(), order);
  assert.deepEqual(
    [readFileSync(at("opt/app"), "utf8"), readFileSync(at("etc/app.conf"), "utf8")],
    ["1\n", "edited\n"],
  );

  // One that fails is undone, and not tried again by itself; the next wish is another one.
  before = now;
  writeFileSync(bad, "");
  writeFileSync(log, "");
  await reinstall();
  now = await ended("rolled-back", before);
  assert.deepEqual([now.sync, now.reinstall, existsSync(at("opt/app"))], ["in-sync", null, true]);
  const undone = ran();
  assert.match(undone, /^prerm postrm preinst /);
  rmSync(bad);
  assert.equal(ran(), undone);
  writeFileSync(log, "");
  assert.match(await sandbox.ctlOk("reinstall", "--app", "app", "--id", DEVICE, "--wait"), /sync: in-sync\n/);
  assert.equal(ran(), order);
  writeFileSync(bad, "");
  const failed = await sandbox.ctl("reinstall", "--app", "app", "--id", DEVICE, "--wait");
  assert.match(failed.stderr, /device-1: preinst of app .*\[SCRIPT_FAILED\]/);
  assert.match(await sandbox.ctlOk("device-log", "--id", DEVICE), /asked device-1 to install app again\n/);

  const tool = await sandbox.pack("tool", { "opt/tool": "t\n" });
  await sandbox.ctlOk("add-packet", "--name", "tool", "--data", tool, "--tags", "v1");
  const lab = "kind: spec\nid: lab\nselector: [given:lab]\napps:\n- {name: tool, tags: [v1]}\n";
  await sandbox.ctlOk("apply", "--file", sandbox.write("lab.yaml", lab));
  assert.match(
    await sandbox.ctlOk("tag-device", "--id", DEVICE, "--add", "lab", "--wait"),
    /givenTags:\n- lab\n(.*\n)*sync: in-sync\n/,
  );
  assert.ok(existsSync(at("opt/tool")));

  const unknown = await sandbox.ctl("reinstall", "--app", "none", "--id", DEVICE);
  assert.match(unknown.stderr, /device-1 does not have none.*\[APP_NOT_INSTALLED\]/);
});
