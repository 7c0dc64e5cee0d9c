import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, Program, runProgram, Sandbox, skipUnless } from "@jamesd/testkit";
import { noticeIn } from "../scripts/notices.ts";

const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));
const NODE_PACKAGE = `node-linux-${process.arch}`;
/** What has an npm package of its own without a Node, with a word of its help. */
const ALONE = { jamesc: "--install-root", "jamesd-ctl": "add-packet", pkitool: "--add-server" };
const COMMANDS = ["jamesd", "jamesc", "jamesd-ctl", "pkitool"];

/** The PATH without the checkout's own Node, as on a machine that has only its system's. */
const SYSTEM_PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);
const hasSystemNode = SYSTEM_PATH.split(delimiter).some(
  (folder) => existsSync(`${folder}/node`) && existsSync(`${folder}/npm`),
);

/** The bytes of all files below a folder. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce(
    (sum, name) => sum + lstatSync(join(folder, name)).size,
    0,
  );
}

/** Holds that the README of a package names no picture and no page that is not in it. */
function leadsOnlyToWhatIsThere(folder: string): void {
  const links = readFileSync(join(folder, "README.md"), "utf8").matchAll(/\]\(((?!https?:|#)[^)#]*)/g);
  const paths = [...links].map(([, path = ""]) => path);
  assert.ok(paths.includes("CHANGELOG.md"));
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(folder, path))),
    [],
  );
}

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
    [process.execPath, `${REPOSITORY}scripts/pack.ts`, "--out", sandbox.path("packed"), "--only", "npm"],
    { env: process.env },
  );
  assert.equal(packed.code, 0, packed.stderr);
  const tarballs = readdirSync(sandbox.path("packed")).filter((name) => name.endsWith(".tgz"));
  const tarball = (name: string) =>
    sandbox.path("packed", tarballs.find((file) => file.startsWith(`${name}-`)) ?? "");

  // The agent and the programs for people need nothing from anywhere, and bring no Node: the system's runs them.
  for (const [name, option] of Object.entries(ALONE)) {
    const folder = sandbox.path(`alone-${name}`);
    await must(["npm", "install", "--global", "--offline", "--prefix", folder, tarball(name)]);
    assert.deepEqual(readdirSync(join(folder, "bin")), [name]);
    assert.ok((await must([join(folder, "bin", name), "--help"])).includes(option), name);
    assert.match(
      noticeIn(readFileSync(join(folder, "bin", name), "utf8")),
      /^yaml .*\n\n.*Eemeli Aro/m,
      name,
    );
    leadsOnlyToWhatIsThere(join(folder, "lib/node_modules", name));
    assert.ok(sizeOf(folder) < 3 * 1024 * 1024, `${name} has ${sizeOf(folder)} bytes`);
  }

  const all = sandbox.path("all");
  await must(["npm", "install", "--global", "--prefix", all, tarball("jamesd")]);
  const installed = join(all, "lib/node_modules/jamesd");
  leadsOnlyToWhatIsThere(installed);
  for (const file of ["jamesd.service", "jamesc.service", "docs/operations.md"])
    assert.ok(existsSync(join(installed, file)), file);
  assert.ok(existsSync(sandbox.path("alone-jamesc/lib/node_modules/jamesc/jamesc.service")));
  const notice = noticeIn(readFileSync(join(installed, "jamesd.mjs"), "utf8"));
  // Of the server, of the dashboard, and two that have no comment or no file with their licence.
  for (const [name, words] of [
    ["fastify", "The Fastify team"],
    ["preact", "Jason Miller"],
    ["prom-client", "Apache License"],
    ["abstract-logging", "James Sumners"],
  ])
    assert.match(notice, new RegExp(`^${name} [\\d.]+ \\(.*\\)\n\n[^]{0,200}${words}`, "m"), name);
  for (const page of ["man8/jamesd.8", "man8/jamesc.8", "man1/jamesd-ctl.1", "man1/pkitool.1"])
    assert.match(readFileSync(join(all, "share/man", page), "utf8"), /^\.TH /);
  for (const file of ["jamesd-ctl.bash", "_jamesd-ctl", "jamesd-ctl.fish"])
    assert.ok(
      existsSync(sandbox.path("alone-jamesd-ctl/lib/node_modules/jamesd-ctl/completions", file)),
      file,
    );
  const bin = (name: string) => join(all, "bin", name);
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

  appendFileSync(join(installed, "node_modules", NODE_PACKAGE, "bin/node"), "x");
  const { code, stderr } = await runProgram([bin("jamesd"), "--version"], { cwd: sandbox.dir, env });
  const { stdout: version } = await runProgram(["node", "--version"], { env });
  if (Number.parseInt(version.slice(1), 10) >= 24) return;
  assert.deepEqual([code, /has another digest/.test(stderr)], [1, true], "another Node is not started");
});

test("the Node of the checkout is one exact version, by its digest in the lock file and in the npm packages", () => {
  const read = (name: string) => JSON.parse(readFileSync(join(REPOSITORY, name), "utf8"));
  const versions: Record<string, string> = read("package.json").optionalDependencies;
  const digests: Record<string, string> = read("scripts/node-digests.json");
  const { packages } = read("package-lock.json");
  for (const [name, version] of Object.entries(versions)) {
    assert.equal(version, process.versions.node);
    assert.equal(packages[`node_modules/${name}`].version, version);
    assert.match(packages[`node_modules/${name}`].integrity, /^sha512-/);
    assert.match(digests[name] ?? "", /^[0-9a-f]{64}$/);
  }
  const node = readFileSync(join(REPOSITORY, "node_modules", NODE_PACKAGE, "bin/node"));
  assert.equal(
    createHash("sha256").update(node).digest("hex"),
    digests[NODE_PACKAGE],
    "scripts/node-digests.json: the SHA-256 of bin/node in each package",
  );
});
