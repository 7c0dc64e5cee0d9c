import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { Program, runProgram, Sandbox, waitFor } from "@jamesd/testkit";
import { LAUNCHER } from "../../apps/jamesc/src/launcher.ts";
import { bundleInto } from "../../scripts/bundle.ts";

const PROGRAM = "usr/lib/jamesc/jamesc.cjs";
const IS_DAEMON = `!process.argv.includes("self-test")`;

/** What starts the agent again when it ends, as an init system does; where it is told which process it is. */
const SUPERVISE = `while :; do sh -c 'echo $$ >"$0.pid"; exec sh "$@"' "$0" "$@"; sleep 0.2; done`;

/** A new agent that is broken, and what the server is told of it. */
interface Broken {
  readonly name: string;
  readonly make: (bundle: string) => string;
  readonly postinst?: string;
  readonly says: RegExp;
}

function replaced(bundle: string, what: RegExp, by: string): string {
  assert.match(bundle, what, "the bundle has it");
  return bundle.replace(what, by);
}

const BROKEN: readonly Broken[] = [
  { name: "does not start", make: () => "throw new Error('it is broken');\n", says: /it is broken/ },
  { name: "hangs", make: () => "setInterval(() => undefined, 1000);\n", says: /did not end within/ },
  {
    name: "cannot connect",
    make: (bundle) => `process.argv.push("--addr", "127.0.0.1:1");\n${bundle}`,
    says: /server could not be reached/,
  },
  {
    name: "has a newer state format",
    make: (bundle) => replaced(bundle, /(\w+)\.format ?=== ?1 ?\? ?\1\b/, "$1.format===2?$1"),
    says: /STORE_CORRUPT/,
  },
  {
    name: "crashes after the switch",
    make: (bundle) => `if (${IS_DAEMON}) throw new Error("it crashes");\n${bundle}`,
    says: /did not come up/,
  },
  {
    name: "does not start, and the power is cut in the switch",
    make: () => "throw new Error('it is broken');\n",
    // The agent is the process that waits for this script, and dies with all that it would still have done.
    postinst: "#!/bin/sh\nkill -KILL $(cat PID)\n",
    says: /stopped in the middle/,
  },
];

test("an agent that replaces itself goes on as the new one, or as the old one when the new one is broken", async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const bundle = readFileSync(await bundleInto(sandbox.path("bundle"), "jamesc"), "utf8").replace(
    /^#!.*\n/,
    "",
  );
  const root = sandbox.root("device-1");
  const installed = (): string => readFileSync(`${root}/${PROGRAM}`, "utf8");
  mkdirSync(dirname(`${root}/${PROGRAM}`), { recursive: true });
  writeFileSync(`${root}/${PROGRAM}`, bundle);
  const launcher = sandbox.write("launch", LAUNCHER);
  const flags = [...sandbox.agentFlags("device-1", []), "--healthcheck-timeout", "10s"];
  const state = sandbox.path("device-1/state");
  const pid = (): number => Number(readFileSync(sandbox.path("agent.pid"), "utf8"));
  const command = [launcher, state, process.execPath, `${root}/${PROGRAM}`, ...flags];
  const agent = new Program(["sh", "-c", SUPERVISE, sandbox.path("agent"), ...command]);
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    const ended = agent.stop("SIGKILL");
    // It may just have ended.
    await runProgram(["sh", "-c", `kill -KILL ${pid()}`]);
    await ended;
  });
  await agent.says("connected");

  let version = 0;
  const wish = async (text: string, postinst?: string) => {
    version += 1;
    const tag = `v${version}`;
    const data = await sandbox.pack(tag, { [PROGRAM]: text });
    const script = postinst?.replace("PID", sandbox.path("agent.pid"));
    const scripts = script === undefined ? [] : ["--postinst", sandbox.write(`${tag}.sh`, script)];
    await sandbox.ctlOk(
      "add-packet",
      "--name",
      "jamesc",
      "--tags",
      tag,
      "--data",
      data,
      "--allow-agent",
      ...scripts,
    );
    const file = sandbox.write(
      `${tag}.yaml`,
      `id: device-1\nunowned: overwrite\napps:\n- name: jamesc\n  tags: [${tag}]\n`,
    );
    return sandbox.ctl("set-desired-state", "--file", file, "--wait", "--timeout", "40s");
  };

  const good = `// The second.\n${bundle}`;
  const { code, stderr } = await wish(good);
  assert.equal(code, 0, `${stderr}${agent.stderr}`);
  assert.equal(installed(), good);

  for (const { name, make, postinst, says } of BROKEN) {
    const failed = await wish(make(bundle), postinst);
    assert.equal(failed.code, 4, `${name}: ${failed.stdout}${failed.stderr}`);
    assert.match(failed.stderr, says, name);
    assert.equal(installed(), good, name);
    await waitFor(`the agent to be what it was: ${name}`, async () => {
      const { stdout } = await sandbox.ctl("get-state", "--id", "device-1");
      return stdout.includes("v1") || undefined;
    });
  }
  assert.match(agent.stderr, /test the new jamesc.*looking for .* for up to 5 s/s);
  assert.match(agent.stderr, /not yet: cannot reach 127\.0\.0\.1:1/);
  const third = `// The third.\n${bundle}`;
  assert.equal((await wish(third)).code, 0, "and it can still be updated");
  assert.equal(installed(), third);
});
