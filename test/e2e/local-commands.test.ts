import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Sandbox, waitFor } from "@jamesd/testkit";

const DEVICE = "device-1";

test("a device tells what it has and what happened, without the server and while its agent runs", async () => {
  await using sandbox = await Sandbox.create([DEVICE]);
  await sandbox.startServer();
  const root = sandbox.root(DEVICE);
  const script = (name: string, text: string) => sandbox.write(name, `#!/bin/sh\n${text}\n`);
  for (const [tag, postinst] of [
    ["v1", "echo installed v1"],
    ["v2", "echo cannot >&2; exit 7"],
  ] as const) {
    const link = { link: "app" };
    const tree = { "usr/bin/app": tag, "usr/bin/app-now": link, "etc/app.conf": "x" };
    const archive = await sandbox.pack(`app-${tag}`, tree);
    const flags = ["--name", "app", "--data", archive, "--tags", tag];
    await sandbox.ctlOk("add-packet", ...flags, "--postinst", script(`${tag}.sh`, postinst));
  }
  const agent = sandbox.startAgent(DEVICE, ["x"]);
  await agent.says("connected");
  const want = async (tag: string) => {
    const apps = `apps:\n- name: app\n  tags: [${tag}]\n`;
    const file = sandbox.write("want.yaml", `id: ${DEVICE}\nsystemtags: [x]\n${apps}`);
    await sandbox.ctl("set-desired-state", "--file", file, "--wait");
  };
  await want("v1");
  await want("v2");
  await agent.says("transaction undone");
  await sandbox.stopServer();

  const folders = [
    ...["--state-dir", sandbox.path(DEVICE, "state"), "--install-root", root],
    ...sandbox.credentials(DEVICE),
  ];
  const jamesc = (...args: readonly string[]) => sandbox.run("jamesc", [...args, ...folders]);
  const json = async (...args: readonly string[]) =>
    JSON.parse((await jamesc(...args, "--output", "json")).stdout);

  const status = await json("status");
  assert.equal(status.agent, `running as process ${agent.pid}`);
  assert.deepEqual(status.apps, [{ name: "app", tags: ["v1"] }]);
  const { device, certificate, issuer, starts, asksForAnother, ends } = status.identity;
  assert.deepEqual([device, certificate], [DEVICE, sandbox.path("pki", `${DEVICE}.crt`)]);
  assert.match(issuer, /^CN=jamesd CA /);
  const times = [starts, asksForAnother, ends];
  assert.deepEqual(times.toSorted(), times);
  for (const time of times) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(status.failures.count, 1);
  assert.match(status.failures.at, /^\d{4}-\d\d-\d\dT[\d:]+Z$/);

  const history = await waitFor("both transactions", async () => {
    const all = await json("history");
    return all.length === 2 ? all : undefined;
  });
  assert.deepEqual(
    history.map(({ outcome }: { outcome: string }) => outcome),
    ["committed", "rolled-back"],
  );
  assert.deepEqual(history[1].apps, [{ name: "app", tags: ["v1"] }]);
  const table = (await jamesc("history")).stdout.split("\n");
  assert.match(table[1] ?? "", /committed .* \+app \[v1\]/);
  assert.match(table[2] ?? "", /rolled-back .* - +postinst of app: .*\[SCRIPT_FAILED\]/);
  assert.equal((await json("history", "--limit", "1")).length, 1);

  const { stdout: log } = await jamesc("log");
  assert.match(log, /postinst of app +installed v1\n/);
  assert.match(log, /postinst of app ended with 7 +cannot\n/);

  assert.match((await jamesc("list")).stdout, /^app +v1 +2 +3 /m);
  assert.match((await jamesc("list", "--app", "app")).stdout, /^\/usr\/bin\/app +file +0644 +2$/m);
  assert.match((await jamesc("list", "--app", "vpn")).stderr, /there is no app vpn .*\[APP_UNKNOWN\]/);

  symlinkSync("usr/bin", `${root}/bin`);
  for (const path of ["usr/bin/app", "bin/app"])
    assert.match((await jamesc("owns", `${root}/${path}`)).stdout, /^app +v1 +\/usr\/bin\/app +file$/m);
  const strange = await jamesc("owns", `${root}/usr/bin/other`);
  assert.match(strange.stderr, /other belongs to no app \[PATH_UNKNOWN\]/);
  assert.equal(strange.code, 1);
  // As it is on a device where the root is the install root.
  const above = await jamesc("owns", "/usr/bin/app");
  assert.ok(above.stderr.includes(`they are below ${root}.`), above.stderr);

  assert.deepEqual(await jamesc("verify").then(({ code, stderr }) => [code, stderr]), [0, ""]);
  // The length and the time of the file say nothing: its content does.
  writeFileSync(`${root}/usr/bin/app`, "v9");
  const verified = await jamesc("verify");
  assert.match(verified.stdout, /^app +\/usr\/bin\/app +content$/m);
  assert.match(verified.stderr, /1 path is not as its packet has it \[DRIFTED\]/);
  assert.equal(verified.code, 4);
});
