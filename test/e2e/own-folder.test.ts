import assert from "node:assert/strict";
import { chmodSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Sandbox, skipUnless } from "@jamesd/testkit";

test("no program believes, or writes to, a folder that everybody may write to", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  const server = await sandbox.startServer();
  const open = sandbox.path("open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  mkdirSync(sandbox.root("dev"), { recursive: true });
  const data = ["--data", sandbox.path("data")];
  const device = [
    "--addr",
    "127.0.0.1:1",
    "--install-root",
    sandbox.root("dev"),
    ...sandbox.credentials("dev"),
  ];
  const tries = [
    ["jamesd", "--addr", "127.0.0.1:0", "--data", open, ...sandbox.credentials("jamesd")],
    ["jamesd", "verify", "--data", open],
    ["jamesd", "gc", "--data", open],
    ["jamesd", "backup", ...data, "--output", open],
    ["jamesd", "backup", "--data", open, "--output", sandbox.path("backup")],
    ["jamesd", "restore", "--from", open, "--data", sandbox.path("restored")],
    ["jamesd", "restore", "--from", sandbox.path("data"), "--data", open],
    ["jamesc", "--once", "--state-dir", open, ...device],
    ["pkitool", "--init", "--dir", open],
    ["pkitool", "--add-client", "x", "--dir", open],
  ] as const;
  for (const [program, ...flags] of tries) {
    const { code, stderr } = await sandbox.run(program, flags);
    assert.match(stderr, /open.*\[FOLDER_UNSAFE\]/, `${program} ${flags.join(" ")}`);
    assert.equal(code, 2);
  }
  assert.deepEqual(readdirSync(open), []);
  assert.equal((await server.stop()).code, 0);
});

test("a server keeps what it has in no folder that holds others", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  const server = await sandbox.startServer();
  await server.stop();
  const theirs = sandbox.path("theirs");
  mkdirSync(join(theirs, "notes"), { recursive: true });
  const data = ["--data", sandbox.path("data")];
  const tries = [
    ["--addr", "127.0.0.1:0", "--data", theirs, ...sandbox.credentials("jamesd")],
    ["backup", ...data, "--output", theirs],
    ["restore", "--from", sandbox.path("data"), "--data", theirs],
  ];
  for (const flags of tries) {
    const { code, stderr } = await sandbox.run("jamesd", flags);
    assert.match(stderr, /theirs is no folder of this program.*"notes".*\[FOLDER_FOREIGN\]/, flags.join(" "));
    assert.equal(code, 2);
  }
  assert.deepEqual(readdirSync(theirs), ["notes"]);
});

test("an agent takes no configuration, key or certificate that others may write to", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  const once = (...flags: string[]) => sandbox.runAgentOnce("dev", [], ...flags);
  const config = sandbox.write("open.yaml", "poll: true\n");
  const files = [config, ...["dev.key", "dev.crt", "ca.crt"].map((name) => sandbox.path("pki", name))];
  for (const path of files) {
    const { mode } = lstatSync(path);
    chmodSync(path, 0o666);
    const { code, stderr } = await once("--config", config);
    assert.equal(code, 2);
    assert.ok(stderr.includes(`others may write to ${path} [FOLDER_UNSAFE]`), stderr);
    chmodSync(path, mode);
  }
  const logs = sandbox.path("logs");
  mkdirSync(logs);
  chmodSync(logs, 0o777);
  for (const flags of [[], ["--enroll-queue"]]) {
    const { stderr } = await once("--log-file", join(logs, "log"), ...flags);
    assert.match(stderr, /logs\b.*\[FOLDER_UNSAFE\]/);
    assert.deepEqual(readdirSync(logs), []);
  }
});

test("an agent joins no fleet by a token, authority, key or configuration that others may write to", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  const token = sandbox.write("token", `${"a".repeat(10)}.${"b".repeat(32)}.${"A".repeat(43)}\n`);
  const config = sandbox.write("open.yaml", "poll: true\n");
  const byToken = ["--enroll-token-file", token, "--config", config];
  const byOperator = ["--enroll-queue", "--config", config];
  const pki = (name: string) => sandbox.path("pki", name);
  rmSync(pki("dev.crt"));
  for (const [path, flags] of [
    [token, byToken],
    [config, byToken],
    [pki("dev.key"), byToken],
    [pki("ca.crt"), byOperator],
  ] as const) {
    const { mode } = lstatSync(path);
    chmodSync(path, 0o666);
    const { code, stderr } = await sandbox.runAgentOnce("dev", [], "--enroll-addr", "127.0.0.1:1", ...flags);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(`others may write to ${path} [FOLDER_UNSAFE]`), stderr);
    chmodSync(path, mode);
  }
  assert.equal(existsSync(sandbox.path("dev/state")), false);
});

test("root verifies, collects and backs up what belongs to the user of the server, and leaves nothing of its own there", {
  skip: skipUnless(process.geteuid?.() === 0, "only root gives files away"),
}, async () => {
  await using sandbox = await Sandbox.create([]);
  const server = await sandbox.startServer();
  const data = sandbox.path("data");
  const owners = (): Set<number> => new Set(all(data).map((path) => lstatSync(path).uid));
  for (const path of all(data)) lchownSync(path, 12345, 12345);
  const jamesd = (command: string, ...flags: string[]) =>
    sandbox.run("jamesd", [command, "--data", data, ...flags]);
  const backup = ["--output", sandbox.path("backup")];
  assert.equal((await jamesd("verify")).stderr, "");
  assert.equal((await jamesd("backup", ...backup)).stderr, "");
  assert.equal((await jamesd("gc")).stdout, "deleted 0 blobs, 0 bytes\n");
  assert.equal((await server.stop()).code, 0);
  assert.equal((await jamesd("verify")).stderr, "");
  assert.equal((await jamesd("backup", ...backup)).stderr, "");
  assert.match((await jamesd("gc")).stderr, /belongs to user 12345.*\[FOLDER_UNSAFE\]/);
  assert.deepEqual(owners(), new Set([12345]));
});

function all(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return [folder, ...names.map((name) => join(folder, name))];
}
