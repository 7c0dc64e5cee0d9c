import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Sandbox, waitFor } from "@jamesd/testkit";

test("a script that ends the agent is not begun again at every start; the server hears of it, and retry has it tried", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  await sandbox.startServer();
  const archive = await sandbox.pack("app", { "opt/app": "1" });
  const preinst = sandbox.write(
    "preinst",
    'cd "$JAMES_ROOT/.."\necho run >> runs\nkill -9 "$(cat pid)"\nsleep 60\n',
  );
  await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "v1", "--data", archive, "--preinst", preinst);
  const runs = (): number => readFileSync(sandbox.path("dev/runs"), "utf8").trim().split("\n").length;
  const start = () => {
    const agent = sandbox.startAgent("dev", ["x"]);
    sandbox.write("dev/pid", `${agent.pid}`);
    return agent;
  };
  const describe = () => sandbox.ctlOk("describe", "--id", "dev");
  let agent = start();
  await waitFor("the agent", async () => (await sandbox.ctlOk("list-systems")).includes("dev") || undefined);
  const wish = sandbox.write("wish.yaml", "id: dev\napps:\n- name: app\n  tags: [v1]\n");
  await sandbox.ctlOk("set-desired-state", "--file", wish);
  await agent.ended;
  for (let starts = 0; starts < 3; starts++) {
    agent = start();
    await agent.says("connected");
    await waitFor("the server to hear of it", async () => /failed/.test(await describe()) || undefined);
    await agent.stop();
    assert.equal(runs(), 1, "the plan is left alone");
  }
  agent = start();
  await sandbox.ctlOk("retry", "--id", "dev");
  await agent.ended;
  assert.equal(runs(), 2);
  agent = start();
  await waitFor("the second attempt", async () => /attempt.*2/.test(await describe()) || undefined);
});
