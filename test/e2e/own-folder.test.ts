import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { Sandbox } from "@jamesd/testkit";

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
