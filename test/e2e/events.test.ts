import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { programCommand, requireTool, runProgram, Sandbox, waitFor } from "@jamesd/testkit";

test("the log tells who did what, from where, what came of it on the device, and what scripts said", {
  skip: requireTool("tar", "xz"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  sandbox.startAgent("device-1", ["arm"]);
  const first = async () => (await sandbox.ctlOk("list-systems")).includes("device-1") || undefined;
  await waitFor("device-1", first);

  const following = sandbox.startCtl("events", "--all", "--follow");
  await following.says("first check-in: tags arm, apps none");

  const archive = await sandbox.pack("vpn", { "opt/vpn": "1\n" });
  const good = sandbox.write("good", "#!/bin/sh\necho all is well\n");
  const bad = sandbox.write("bad", "#!/bin/sh\necho no such luck\nexit 3\n");
  const add = (version: string, script: string) =>
    sandbox.ctlOk("add-packet", "--name", "vpn", "--data", archive, "--tags", version, "--postinst", script);
  await add("v1", good);
  await add("v2", bad);
  const state = (version: string) => `id: device-1\napps:\n- name: vpn\n  tags: [${version}]\n`;
  sandbox.write("v1.yaml", state("v1"));
  await sandbox.ctlOk("set-desired-state", "--file", "v1.yaml", "--wait", "--message", "roll out");
  sandbox.write("v2.yaml", state("v2"));
  const failed = await sandbox.ctl("set-desired-state", "--file", "v2.yaml", "--wait");
  assert.equal(failed.code, 4, failed.stderr);
  await following.says("rolled back revision 2");
  const { code } = await following.stop("SIGINT");
  assert.equal(code, 130);
  const told = [
    / {2}device-1 \(127\.0\.0\.1\) {2}first check-in: /,
    / {2}admin \(127\.0\.0\.1\) {2}added the packet vpn \[v1\]$/,
    / {2}admin \(127\.0\.0\.1\) {2}added the packet vpn \[v2\]$/,
    / {2}admin \(127\.0\.0\.1\) {2}made revision 1: device device-1: roll out$/,
    / {2}device-1 \(127\.0\.0\.1\) {2}carried out revision 1 in [\d.]+ s$/,
    / {2}device-1 \(127\.0\.0\.1\) {2}has vpn \[v1\]$/,
    / {2}admin \(127\.0\.0\.1\) {2}made revision 2: device device-1$/,
    / {2}device-1 \(127\.0\.0\.1\) {2}rolled back revision 2 in [\d.]+ s: .*exit code 3/,
  ];
  const lines = following.stdout.trimEnd().split("\n");
  assert.equal(lines.length, told.length, following.stdout);
  told.forEach((line, i) => {
    assert.match(lines[i] ?? "", line);
  });

  // The same, all at once; and as lines of JSON, each an event.
  assert.equal(await sandbox.ctlOk("events"), following.stdout);
  const exported = await sandbox.ctlOk("events", "--since", "1h", "--output", "json");
  const events = exported
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string; sequence: number });
  assert.deepEqual(
    events.map(({ sequence }) => sequence),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  const revisions = await sandbox.ctlOk("events", "--kinds", "revision", "--last", "1");
  assert.match(revisions, /^[^\n]* made revision 2: [^\n]*\n$/);

  for (const range of [["--since", "1h"], ["--all"]])
    assert.equal(await sandbox.ctlOk("events", ...range, "--kinds", "revision", "--last", "1"), revisions);

  const timeline = await sandbox.ctlOk("device-log", "--id", "device-1");
  assert.match(
    timeline,
    /postinst of vpn ended with exit code 0; the end of its output:\n {6}\| all is well\n/,
  );
  assert.match(timeline, /\n {4}failed at: .*postinst/);
  assert.match(
    timeline,
    /postinst of vpn ended with exit code 3; the end of its output:\n {6}\| no such luck\n/,
  );
  assert.doesNotMatch(timeline, /added the packet/);

  // Nothing that did not happen, also after a check-in that says nothing new.
  await sandbox.stopServer();
  await sandbox.startServer();
  await waitFor("device-1 again", async () => {
    const listed = await sandbox.ctlOk("list-systems", "--connected");
    return listed.includes("device-1") || undefined;
  });
  assert.equal(await sandbox.ctlOk("events"), following.stdout);
});

test("following survives a restart of the server, ends with its reader, and what is wrong is said", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer();
  const spec = (id: string) => sandbox.write(`${id}.yaml`, `id: ${id}\nselector: [x]\napps: []\n`);
  await sandbox.ctlOk("apply", "-f", spec("one"));
  const following = sandbox.startCtl("events", "--follow", "--output", "json");
  await following.says('"revision":1');
  await sandbox.stopServer();
  await sandbox.startServer();
  await sandbox.ctlOk("apply", "-f", spec("two"));
  await following.says('"revision":2');
  await following.stop("SIGINT");
  assert.equal(following.stdout.trimEnd().split("\n").length, 2);
  assert.equal(following.stderr, "");

  const command = [...programCommand("jamesd-ctl"), "events", "--follow"]
    .map((word) => `'${word}'`)
    .join(" ");
  const env = { ...sandbox.ctlEnv("watcher"), PATH: process.env.PATH };
  const head = runProgram(["bash", "-c", `${command} | head -n 1; echo "\${PIPESTATUS[0]}"`], { env });
  // The pipe breaks when the next line is written.
  const applied = waitFor("the end of following", async () => {
    await sandbox.ctlOk("apply", "-f", spec(`more-${Date.now()}`));
    return Promise.race([head.then(() => true), sleep(200)]);
  });
  assert.match((await head).stdout, /made revision 1: spec one\n0\n$/);
  await applied;

  for (const [argv, says] of [
    [["events", "--id", "nobody"], /there is no device "nobody"/],
    [
      ["events", "--kinds", "party"],
      /--kinds: "party" is not one of the words allowed \[USAGE\]\n.*packet-added/,
    ],
    [["events", "--follow", "--until", "1h"], /--until and --follow are both given/],
    [["events", "--since", "yesterday"], /--since: "yesterday" is not a time /],
    [["device-log"], /device-log needs --id ID/],
  ] as const) {
    const { code, stdout, stderr } = await sandbox.ctl(...argv);
    assert.ok(code === 1 || code === 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, says);
  }
});

test("events that are too old are deleted by the server itself", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer();
  sandbox.write("one.yaml", "id: one\nselector: [x]\napps: []\n");
  await sandbox.ctlOk("apply", "-f", "one.yaml");
  await sandbox.stopServer();
  await sandbox.startServer("--keep-events", "1h");
  assert.match(await sandbox.ctlOk("events"), /made revision 1/);
  await sandbox.stopServer();
  await sandbox.startServer("--keep-events", "1ms");
  await waitFor("an empty log", async () => (await sandbox.ctlOk("events")) === "" || undefined);
});
