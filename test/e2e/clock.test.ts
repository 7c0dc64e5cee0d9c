import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { Program, programCommand, Sandbox, waitFor } from "@jamesd/testkit";
import { clockIn, needsFaketime as skip } from "./faketime.ts";

/** An agent whose clock a test sets; what measures time is not touched. */
function startAgent(sandbox: Sandbox, clock: string): { agent: Program; set: (time: string) => void } {
  const file = sandbox.write("clock", `${clock}\n`);
  const env = clockIn(file);
  const command = [...programCommand("jamesc"), ...sandbox.agentFlags("device-1", []), "--interval", "1s"];
  const agent = new Program(command, { cwd: sandbox.dir, env });
  return { agent, set: (time) => writeFileSync(file, `${time}\n`) };
}

test("a device that starts in 1970 says what is wrong, and goes on by itself when it knows the time", {
  skip,
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const { agent, set } = startAgent(sandbox, "@1970-01-02 00:00:00");
  try {
    await agent.says("not valid before");
    set("+0");
    await agent.says("connected");
    set("+30d");
    await agent.says("the clock of this device is not that of the server");
    await waitFor("the server to be told", async () => {
      const { stdout } = await sandbox.ctl("describe", "--id", "device-1");
      return /^clock: (29|30) days ahead of the server/m.test(stdout) || undefined;
    });
    set("+0");
    await agent.says("that of the server again");
    const data = await sandbox.pack("app", { app: "1\n" });
    await sandbox.ctlOk("add-packet", "--name", "app", "--data", data);
    const file = sandbox.write("app.yaml", "id: device-1\napps:\n- name: app\n");
    await sandbox.ctlOk("set-desired-state", "--file", file, "--wait");
  } finally {
    await agent.stop("SIGKILL");
  }
});

test("a clock that jumps by 400 days, forth and back, in the middle of transactions changes nothing", {
  skip,
}, async () => {
  await using sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  const { agent } = startAgent(sandbox, "+0");
  try {
    await agent.says("connected");
    const data = await sandbox.pack("app", { app: "1\n" });
    const jump = sandbox.write("jump.sh", `echo "+400d" > ${sandbox.path("clock")}\n`);
    const back = sandbox.write("back.sh", `echo "-400d" > ${sandbox.path("clock")}\n`);
    await sandbox.ctlOk("add-packet", "--name", "app", "--data", data, "--preinst", jump, "--prerm", back);
    const file = sandbox.write("app.yaml", "id: device-1\napps:\n- name: app\nconfirm: connectivity=20s\n");
    await sandbox.ctlOk("set-desired-state", "--file", file, "--wait");
    const none = sandbox.write("none.yaml", "id: device-1\napps: []\n");
    await sandbox.ctlOk("set-desired-state", "--file", none, "--wait");
    assert.match(await sandbox.ctlOk("get-state", "--id", "device-1"), /apps: \[\]/);
  } finally {
    await agent.stop("SIGKILL");
  }
});
