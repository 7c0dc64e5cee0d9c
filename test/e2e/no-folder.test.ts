import assert from "node:assert/strict";
import { test } from "node:test";
import { programCommand, requireTool, runProgram, Sandbox } from "@jamesd/testkit";

test("where the kernel lets nobody make a folder, every program says so and ends", {
  skip: requireTool("tar"),
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const archive = await sandbox.pack("app", { "opt/app": "1\n" }, "");
  const script = sandbox.write("preinst.sh", "true\n");
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", archive, "--preinst", script);
  assert.equal(
    (await sandbox.run("jamesd", ["backup", "--data", sandbox.path("data"), "--output", "b"])).code,
    0,
  );
  const commands: readonly [Parameters<typeof programCommand>[0], readonly string[]][] = [
    ["jamesd", ["--addr", "127.0.0.1:0", ...sandbox.credentials("jamesd"), "--data", "/proc/x"]],
    ["jamesd", ["backup", "--data", sandbox.path("data"), "--output", "/proc/x"]],
    ["jamesd", ["restore", "--from", "b", "--data", "/proc/x/y"]],
    ["jamesc", [...sandbox.agentFlags("device-1", []), "--once", "--state-dir", "/proc/x"]],
    ["pkitool", ["--init", "--dir", "/proc/x"]],
    ["jamesd-ctl", ["get-packet", "--name", "app", "--scripts", "/proc/x"]],
  ];
  for (const [name, args] of commands) {
    // It would hang where it does not end: `timeout` ends it then, with 124.
    const { code, stderr } = await runProgram(["timeout", "60", ...programCommand(name), ...args], {
      cwd: sandbox.dir,
      env: sandbox.ctlEnv("admin"),
    });
    assert.ok(code === 1 || code === 2, `${name} ${args.join(" ")}: ${code} ${stderr}`);
    assert.match(stderr, /\/proc\/x.*\[[A-Z_]+\]\n {2}hint: /, name);
    assert.doesNotMatch(stderr, /STORE_CORRUPT/, name);
  }
});
