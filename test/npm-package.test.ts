import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { delimiter } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, Program, runProgram, Sandbox, skipUnless } from "@jamesd/testkit";

const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));
const COMMANDS = ["jamesd", "jamesc", "jamesd-ctl", "pkitool"];

/** The PATH without the checkout's own Node, as on a machine that has only its system's. */
const SYSTEM_PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);
const hasSystemNode = SYSTEM_PATH.split(delimiter).some(
  (folder) => existsSync(`${folder}/node`) && existsSync(`${folder}/npm`),
);

test("the npm packages install the four commands, and they work with the system's Node", {
  skip: skipUnless(hasSystemNode, "needs a Node and npm of the system"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  const env = { ...process.env, PATH: SYSTEM_PATH };
  const must = async (command: readonly string[], cwd = sandbox.dir): Promise<string> => {
    const { code, stdout, stderr } = await runProgram(command, { cwd, env });
    assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
    return stdout;
  };
  const packed = await runProgram(
    [process.execPath, `${REPOSITORY}scripts/pack.ts`, "--out", sandbox.path("packed")],
    { env: process.env },
  );
  assert.equal(packed.code, 0, packed.stderr);
  const tarballs = readdirSync(sandbox.path("packed")).filter((name) => name.endsWith(".tgz"));
  const tarball = (name: string) =>
    sandbox.path("packed", tarballs.find((file) => file.startsWith(`${name}-`)) ?? "");

  // The agent alone needs nothing from anywhere.
  mkdirSync(sandbox.path("agent"));
  await must(["npm", "install", "--offline", "--prefix", sandbox.path("agent"), tarball("jamesc")]);
  assert.match(await must([sandbox.path("agent/node_modules/.bin/jamesc"), "--help"]), /--install-root/);

  mkdirSync(sandbox.path("all"));
  await must(["npm", "install", "--prefix", sandbox.path("all"), tarball("jamesd")]);
  const bin = (name: string) => sandbox.path("all/node_modules/.bin", name);
  for (const command of COMMANDS) assert.match(await must([bin(command), "--version"]), /^\d+\.\d+\.\d+\n$/);
  await must([bin("pkitool"), "--init", "--dir", "other"]);

  const port = await freePort();
  const server = new Program(
    [
      bin("jamesd"),
      "--addr",
      `127.0.0.1:${port}`,
      "--data",
      sandbox.path("data"),
      ...sandbox.credentials("jamesd"),
    ],
    { cwd: sandbox.dir, env },
  );
  try {
    await server.says("ready");
    const address = [`127.0.0.1:${port}`, ...sandbox.credentials("admin")] as const;
    const text = (end: string): string => `${"app\n".repeat(500)}${end}\n`;
    const add = async (tag: string, files: Readonly<Record<string, string>>): Promise<string> => {
      const packet = ["--name", "app", "--tags", tag, "--data", await sandbox.pack(tag, files)];
      return must([bin("jamesd-ctl"), "add-packet", ...packet, "--server", ...address]);
    };
    const wish = (tag: string): string =>
      sandbox.write(`${tag}.yaml`, `id: device-1\napps:\n- name: app\n  tags: [${tag}]\n`);
    await add("v1", { "opt/app": text("first") });
    const folders = [
      "--install-root",
      sandbox.root("device-1"),
      "--state-dir",
      sandbox.path("device-1/state"),
    ];
    mkdirSync(sandbox.root("device-1"), { recursive: true });
    const agent = [
      bin("jamesc"),
      "--addr",
      `127.0.0.1:${port}`,
      ...sandbox.credentials("device-1"),
      ...folders,
      "--once",
    ];
    await must(agent);
    await must([bin("jamesd-ctl"), "set-desired-state", "--file", wish("v1"), "--server", ...address]);
    await must(agent);
    assert.ok(existsSync(`${sandbox.root("device-1")}/opt/app`), "the installed agent installs");

    await add("v2", { "opt/app": text("changed") });
    await must([bin("jamesd-ctl"), "set-desired-state", "--file", wish("v2"), "--server", ...address]);
    const { stderr } = await runProgram(agent, { cwd: sandbox.dir, env });
    assert.match(
      stderr,
      /"app":"app","bytes":\d+,"msg":"delta"/,
      "the thread that makes deltas is in the bundle",
    );
    assert.equal(readFileSync(`${sandbox.root("device-1")}/opt/app`, "utf8"), text("changed"));
  } finally {
    const { code, stderr } = await server.stop();
    assert.equal(code, 0, stderr);
  }
});
