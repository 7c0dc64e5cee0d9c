import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Sandbox, waitFor } from "@jamesd/testkit";

test("a device tells how much it has fetched, and leaves what is not wanted any more", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  await sandbox.startServer();
  const agent = sandbox.startAgent("dev", ["x"], "--interval", "1s", "--rate-limit", "30KiB");
  await agent.says("connected");
  const large = await sandbox.pack("large", { "opt/app": randomBytes(400_000).toString("latin1") });
  const small = await sandbox.pack("small", { "opt/app": "small" });
  await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "large", "--data", large);
  await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "small", "--data", small);
  const wish = (tag: string) =>
    sandbox.write(`${tag}.yaml`, `id: dev\napps:\n- name: app\n  tags: [${tag}]\n`);
  await sandbox.ctlOk("set-desired-state", "--file", wish("large"));
  // A look by jamesd-ctl costs its start: it is asked in the end, and before that the server.
  const fetched = () =>
    waitFor("a tenth of it to be fetched", async () => {
      const { preparing } = JSON.parse(await sandbox.get("/v1/devices/dev"));
      return preparing?.bytes > 0.1 * 2 ** 20 || undefined;
    });
  await fetched();
  assert.match(await sandbox.ctlOk("describe", "--id", "dev"), /^now: fetched \d\.[1-9] of \d\.\d MiB$/m);
  assert.match(await sandbox.ctlOk("list-systems"), /pending \d+%/);
  await sandbox.ctlOk("set-desired-state", "--file", wish("small"), "--wait");
  assert.equal(readFileSync(`${sandbox.root("dev")}/opt/app`, "utf8"), "small");
  const log = await sandbox.ctlOk("device-log", "--id", "dev");
  assert.doesNotMatch(log, /carried out revision 1\b/, "the first one was never begun");
  assert.match(log, /carried out revision 2\b/);
  await sandbox.ctlOk("set-desired-state", "--file", wish("large"));
  await fetched();
  await sandbox.ctlOk("set-desired-state", "--file", wish("small"), "--wait");
  await agent.says("plan left");
  const after = (await sandbox.ctlOk("device-log", "--id", "dev")).split("made revision 4")[1] ?? "";
  assert.doesNotMatch(after, /carried out/, "it has what is wanted");
});
