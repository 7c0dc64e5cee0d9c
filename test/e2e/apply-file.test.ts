import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { Program, runProgram, Sandbox, waitFor } from "@jamesd/testkit";
import { LAUNCHER } from "../../apps/jamesc/src/launcher.ts";
import { bundleInto } from "../../scripts/bundle.ts";

const DEVICE = "device-1";

test("a device carries out a desired state from a stick, and the server hears of it later", async () => {
  await using sandbox = await Sandbox.create([DEVICE]);
  await sandbox.startServer();
  const root = sandbox.root(DEVICE);
  for (const [tag, postinst] of [
    ["v1", "echo first"],
    ["v2", "echo second"],
    ["v3", "exit 7"],
  ] as const) {
    const archive = await sandbox.pack(`app-${tag}`, {
      "opt/app/small": tag,
      "opt/app/large": `${tag} ${"x".repeat(100_000)}`,
      "opt/app/same": "same",
    });
    const script = sandbox.write(`${tag}.sh`, `#!/bin/sh\n${postinst}\n`);
    const flags = ["--name", "app", "--data", archive, "--tags", `${tag},x`];
    await sandbox.ctlOk("add-packet", ...flags, "--postinst", script);
  }
  const stick = sandbox.path("stick.tar");
  await sandbox.ctlOk("export", "--output", stick);
  await sandbox.stopServer();

  let wishes = 0;
  const wish = (tag: string, id = DEVICE, more = "") =>
    sandbox.write(
      `wish-${wishes++}.yaml`,
      `id: ${id}\nsystemtags:\n- x\napps:\n- name: app\n  tags:\n  - ${tag}\n${more}`,
    );
  const apply = (file: string, packets = stick) =>
    sandbox.run("jamesc", ["apply", file, "--packets", packets, ...sandbox.agentFlags(DEVICE, ["x"])]);

  const first = await apply(wish("v1"));
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /changed: true\n.*outcome: committed/s);
  assert.equal(readFileSync(`${root}/opt/app/small`, "utf8"), "v1");
  assert.match((await apply(wish("v1"))).stdout, /changed: false/);
  assert.equal((await apply(wish("v2"))).code, 0);
  assert.ok(readFileSync(`${root}/opt/app/large`, "utf8").startsWith("v2 "));

  for (const [file, packets, code, problem] of [
    [wish("v3"), stick, 4, /postinst.*\[SCRIPT_FAILED\]/],
    [
      wish("v9"),
      stick,
      1,
      /no packet for app .*\[NO_PACKET_FULFILS\]\n.*app \[v\d, x\] is nearest, but .* has v\d\./,
    ],
    [wish("v1", "device-2"), stick, 2, /is for device-2, and this is device-1 \[STATE_INVALID\]/],
    [wish("v1", DEVICE, "apts: []\n"), stick, 2, /apts is not a key .*\[STATE_INVALID\]/],
    [sandbox.write("broken.yaml", "id: [\n"), stick, 2, /broken\.yaml line .*\[STATE_INVALID\]/],
    [sandbox.write("no.yaml", "apps: {}\n"), stick, 2, /apps is no list \[STATE_INVALID\]/],
    [wish("v1"), sandbox.write("no.tar", "no"), 2, /\[EXPORT_INVALID\]/],
  ] as const) {
    const refused = await apply(file, packets);
    assert.match(refused.stderr, problem);
    assert.equal(refused.code, code, refused.stderr);
  }
  const damaged = readFileSync(stick);
  damaged.write("y", damaged.lastIndexOf("v1 xxx") + 100);
  writeFileSync(sandbox.path("damaged.tar"), damaged);
  assert.match((await apply(wish("v1"), sandbox.path("damaged.tar"))).stderr, /\[EXPORT_INVALID\]/);
  assert.equal(readFileSync(`${root}/opt/app/small`, "utf8"), "v2");

  await sandbox.startServer();
  assert.equal((await sandbox.runAgentOnce(DEVICE, ["x"])).code, 0);
  assert.match(await sandbox.ctlOk("get-state", "--id", DEVICE), /name: app\n {2}tags:\n {2}- v2/);
  assert.ok(existsSync(`${root}/opt/app/same`));
});

test("a device updates jamesc itself from a stick, where the new one works without a server", async () => {
  await using sandbox = await Sandbox.create([DEVICE]);
  await sandbox.startServer();
  const bundle = readFileSync(await bundleInto(sandbox.path("bundle"), "jamesc"), "utf8").replace(
    /^#!.*\n/,
    "",
  );
  const path = "usr/lib/jamesc/jamesc.cjs";
  const program = `${sandbox.root(DEVICE)}/${path}`;
  mkdirSync(dirname(program), { recursive: true });
  writeFileSync(program, bundle);
  const next = `// The next.\n${bundle}`;
  for (const [tag, text] of [
    ["good", next],
    ["bad", 'throw new Error("it is broken");\n'],
    ["crashing", `if (!process.argv.includes("self-test")) throw new Error("it crashes");\n${bundle}`],
  ] as const) {
    const flags = ["--name", "jamesc", "--tags", tag, "--data", await sandbox.pack(tag, { [path]: text })];
    await sandbox.ctlOk("add-packet", ...flags, "--allow-agent");
  }
  const stick = sandbox.path("stick.tar");
  await sandbox.ctlOk("export", "--output", stick);
  await sandbox.stopServer();
  const apply = (tag: string) => {
    const file = sandbox.write(
      `${tag}.yaml`,
      `unowned: overwrite\napps:\n- name: jamesc\n  tags: [${tag}]\n`,
    );
    const words = ["apply", file, "--packets", stick, ...sandbox.agentFlags(DEVICE, [])];
    return runProgram([process.execPath, program, ...words, "--healthcheck-timeout", "10s"]);
  };
  const good = await apply("good");
  assert.equal(good.code, 0, good.stderr);
  assert.equal(readFileSync(program, "utf8"), next);
  const bad = await apply("bad");
  assert.match(bad.stderr, /did not prove itself: .*it is broken.*\[AGENT_UNFIT\]/);
  assert.equal(readFileSync(program, "utf8"), next);

  // Where a service is known, its start decides: three that crash, one of the program of before that undoes, and that one.
  const launcher = sandbox.write("launch", LAUNCHER);
  const service = () => [
    ...["sh", launcher, sandbox.path(`${DEVICE}/state`), process.execPath, program],
    ...sandbox.agentFlags(DEVICE, []),
  ];
  const started = async () => {
    const agent = new Program(service());
    await agent.says("started");
    await waitFor(
      "the note of it",
      () => existsSync(sandbox.path(`${DEVICE}/state/service.json`)) || undefined,
    );
    await agent.stop();
  };
  await started();
  const crashing = await apply("crashing");
  assert.deepEqual([crashing.code, crashing.stderr.includes("[AGENT")], [0, false], crashing.stderr);
  assert.match(crashing.stdout, /outcome: trial/);
  assert.match(readFileSync(program, "utf8"), /it crashes/);
  for (let start = 1; start <= 3; start++)
    assert.match((await runProgram(service())).stderr, /it crashes/, `start ${start}`);
  assert.equal((await runProgram(service())).code, 5);
  assert.equal(readFileSync(program, "utf8"), next);
  await started();
  assert.equal((await apply("good")).stdout.trim(), "changed: false");
});
