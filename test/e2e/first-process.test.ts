import assert from "node:assert/strict";
import { test } from "node:test";
import { programCommand, requireTool, runProgram, Sandbox, skipUnless } from "@jamesd/testkit";

const skip =
  requireTool("unshare", "umount") || skipUnless(process.getuid?.() === 0, "needs root for a namespace");
const NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
const WARNING = /the first process here.*zombie/;

test("an agent that is the first process of a container says what that leads to, and only such a one", {
  skip,
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const flags = [...sandbox.agentFlags("device-1", []), "--once"];
  const alone = await runProgram([...NAMESPACE, ...programCommand("jamesc"), ...flags], { cwd: sandbox.dir });
  assert.deepEqual([alone.code, WARNING.test(alone.stderr)], [0, true], alone.stderr);
  const other = await sandbox.runAgentOnce("device-1");
  assert.deepEqual([other.code, WARNING.test(other.stderr)], [0, false], other.stderr);
});

test("where /proc is not mounted, server and agent say so", { skip }, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  const without = ["unshare", "--mount", "sh", "-c", 'umount -l /proc && exec "$@"', "sh"];
  const server = ["--addr", "127.0.0.1:0", "--data", sandbox.path("data"), ...sandbox.credentials("jamesd")];
  for (const [name, flags] of [
    ["jamesd", server],
    ["jamesc", sandbox.agentFlags("device-1", [])],
  ] as const) {
    const { code, stderr } = await runProgram([...without, ...programCommand(name), ...flags], {
      cwd: sandbox.dir,
    });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /cannot use the folder .*: \/proc\/self\/fd is not there .*\n.*mount -t proc/);
  }
});
