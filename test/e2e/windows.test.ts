import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Sandbox, waitFor } from "@jamesd/testkit";

const HOUR = 60 * 60 * 1000;

/** A window that begins in an hour, and one that is open now, in UTC. */
function windows(now: number): { readonly closed: string; readonly open: string } {
  const at = (hours: number) => new Date(now + hours * HOUR).toISOString().slice(11, 16);
  const text = (from: string, to: string) => `{from: "${from}", to: "${to}", zone: UTC}`;
  return { closed: text(at(1), at(3)), open: text(at(-1), at(1)) };
}

test("a device fetches outside of its window, says why it waits, and begins in one", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  await sandbox.startServer();
  const agent = sandbox.startAgent("dev", ["x"], "--interval", "10m");
  await agent.says("connected");
  const archive = await sandbox.pack("app", { "opt/app": "v1" });
  await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "v1", "--data", archive);
  const { open, closed } = windows(Date.now());
  const apps = "apps:\n- name: app\n  tags: [v1]\n";
  const spec = (window: string) =>
    sandbox.write("spec.yaml", `id: all\nselector: [x]\nwindow: ${window}\n${apps}`);
  await sandbox.ctlOk("apply", "--file", spec(`[${closed}, ${closed}]`), "--yes");
  const describe = () => sandbox.ctlOk("describe", "--id", "dev");
  const said = await waitFor("it to wait", async () => {
    const text = await describe();
    return /^now: .*waits until .*: no maintenance window is open/m.test(text) ? text : undefined;
  });
  assert.match(said, /UTC/);
  assert.match(await sandbox.ctlOk("list-systems"), /pending, waits/);
  assert.match(await sandbox.ctlOk("get-spec", "--id", "all"), /window:/);
  const app = `${sandbox.root("dev")}/opt/app`;
  assert.equal(existsSync(app), false);
  await sandbox.ctlOk("go", "--id", "dev", "--wait");
  assert.equal(readFileSync(app, "utf8"), "v1");
  assert.match(await sandbox.ctlOk("device-log", "--id", "dev"), /asked dev to begin now/);
  await sandbox.ctlOk("apply", "--file", spec(open), "--yes");
  // An application that is busy keeps the next one away, also in the window.
  const stateDir = ["--state-dir", sandbox.path("dev/state")];
  const busy = sandbox.start("jamesc", ["lock", ...stateDir, "--", "sh", "-c", "echo busy; exec sleep 600"]);
  await busy.says("busy");
  const next = await sandbox.pack("app2", { "opt/app": "v2" });
  await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "v1,x", "--data", next);
  const locked = await waitFor(
    "the lock to be told of",
    async () => /update lock is held by .*/.exec(await describe())?.[0],
  );
  assert.match(locked, /process \d+ \(sleep\)/, "the command, not who waits for it");
  assert.equal(readFileSync(app, "utf8"), "v1");
  const held = await sandbox.ctl("go", "--id", "dev", "--wait", "--timeout", "1s");
  assert.match(held.stderr, /WAIT_TIMEOUT/);
  assert.equal(readFileSync(app, "utf8"), "v1");
  await sandbox.ctlOk("go", "--id", "dev", "--break-lock", "--wait");
  assert.equal(readFileSync(app, "utf8"), "v2");
  // What it should have of its own, at once: through the window that the spec has again, not through the lock.
  await sandbox.ctlOk("apply", "--file", spec(closed), "--yes");
  const third = await sandbox.pack("other", { "opt/other": "v1" });
  await sandbox.ctlOk("add-packet", "--name", "other", "--tags", "v1", "--data", third);
  const own = sandbox.write("own.yaml", "id: dev\napps:\n- name: other\n  tags: [v1]\n");
  const set = ["set-desired-state", "--file", own, "--yes"];
  const alone = await sandbox.ctl(...set, "--break-lock");
  assert.match(alone.stderr, /--break-lock goes with --now \[USAGE\]/);
  const other = `${sandbox.root("dev")}/opt/other`;
  const kept = await sandbox.ctl(...set, "--now", "--wait", "--timeout", "1s");
  assert.match(kept.stderr, /WAIT_TIMEOUT/);
  assert.equal(existsSync(other), false);
  await sandbox.ctlOk(...set, "--now", "--break-lock", "--wait");
  assert.equal(readFileSync(other, "utf8"), "v1");
  await sandbox.ctlOk(...set, "--now");
  // What waits is told on the device as well, until it is not wanted any more.
  const status = async () =>
    JSON.parse((await sandbox.run("jamesc", ["status", ...stateDir, "--output", "json"])).stdout);
  assert.equal((await status()).waiting, undefined);
  await sandbox.ctlOk(
    "set-desired-state",
    "--file",
    sandbox.write("none.yaml", "id: dev\napps: []\n"),
    "--yes",
  );
  const { waiting } = await waitFor("it to wait again", async () => {
    const told = await status();
    return told.waiting ? told : undefined;
  });
  assert.equal(waiting.changes, "-other [v1]");
  assert.match(waiting.why, /^no maintenance window is open: /);
  assert.ok(waiting.since < waiting.until, JSON.stringify(waiting));
  await sandbox.ctlOk(...set);
  await waitFor("it to hear that", async () => ((await status()).waiting ? undefined : true));
  const { code } = await busy.stop();
  assert.equal(code, 128 + 15);
  const bad = await sandbox.ctl("apply", "--file", spec('{from: "22:00", until: "06:00"}'), "--yes");
  assert.match(bad.stderr, /spec.yaml line 3: window: /);
});
