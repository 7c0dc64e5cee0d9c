import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { test } from "node:test";
import { listen, Program, requireTool, Sandbox, waitFor } from "@jamesd/testkit";
import { joinOnce, startJoining } from "./joining.ts";

const DEVICE = "device-1";

/** The names of the programs that a process has started and that still run, and of those that they started. */
function below(pid: number): readonly string[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return children.flatMap((child) => [
      readFileSync(`/proc/${child}/comm`, "utf8").trim(),
      ...below(Number(child)),
    ]);
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

/** Waits until the device waits, and that by this program alone. */
const waitsWith = (waiter: Program, tool: string) =>
  waitFor(`the waiter to wait with ${tool}: ${waiter.stderr}`, async () => {
    const programs = below(waiter.pid);
    assert.ok(waiter.isRunning, waiter.stderr);
    return programs.includes(tool) && !programs.includes("node") ? programs : undefined;
  });

async function withDevice(
  tool: string,
  use: (sandbox: Sandbox, waiter: Program) => Promise<void>,
  env: NodeJS.ProcessEnv = {},
) {
  // One knows the device by files, the other by what a server has issued.
  const hasFiles = tool === "curl";
  await using sandbox = await Sandbox.create(hasFiles ? [DEVICE] : []);
  if (hasFiles) await sandbox.startServer();
  else await join(sandbox);
  const { stdout } = await sandbox.run("jamesc", ["waiter"]);
  const script = sandbox.write("jamesc-waiter", stdout);
  const waiter = new Program(["sh", script, ...sandbox.agentFlags(DEVICE, ["x"])], {
    env: { JAMESC_WAITER_WITH: tool, TMPDIR: sandbox.path(DEVICE), ...env },
  });
  try {
    await use(sandbox, waiter);
  } finally {
    await waiter.stop();
  }
}

async function join(sandbox: Sandbox): Promise<void> {
  const joining = await startJoining(sandbox);
  const { code, stderr } = await joinOnce(sandbox, joining.flags(DEVICE), await joining.token());
  assert.equal(code, 0, stderr);
}

async function addApp(sandbox: Sandbox, tag: string, ...flags: readonly string[]): Promise<void> {
  const archive = await sandbox.pack(`app-${tag}`, { "opt/app": tag });
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", archive, "--tags", tag, ...flags);
}

async function want(sandbox: Sandbox, tag: string): Promise<string> {
  const file = sandbox.write(
    "want.yaml",
    `id: ${DEVICE}\nsystemtags: []\napps:\n- name: app\n  tags: [${tag}]\n`,
  );
  const { stdout, stderr } = await sandbox.ctl("set-desired-state", "--file", file, "--wait");
  return stdout + stderr;
}

test(
  "a device waits with openssl alone, and is updated as any other",
  {
    skip: requireTool("openssl", "perl"),
  },
  () =>
    withDevice("openssl", async (sandbox, waiter) => {
      const app = `${sandbox.root(DEVICE)}/opt/app`;
      await addApp(sandbox, "v1");
      await addApp(sandbox, "v2", "--postinst", sandbox.write("fails.sh", "#!/bin/sh\nexit 7\n"));
      assert.deepEqual(await waitsWith(waiter, "openssl"), ["openssl"], "nobody beside it");
      assert.match(await want(sandbox, "v1"), /in-sync/);
      assert.equal(readFileSync(app, "utf8"), "v1");

      // What failed is remembered from one jamesc to the next: it is tried again when its time has come, or by an order.
      assert.match(await want(sandbox, "v2"), /exit code 7|ended with 7/);
      assert.equal(readFileSync(app, "utf8"), "v1");
      const failed = await sandbox.ctlOk("describe", "--id", DEVICE);
      await waitsWith(waiter, "openssl");
      assert.match(failed, /attempt 1|tries again|1 time/i);
      assert.match(await want(sandbox, "v1"), /in-sync/);

      await waitsWith(waiter, "openssl");
      const { code } = await waiter.stop("SIGTERM");
      assert.notEqual(code, null, "it ends by itself");
      assert.deepEqual(below(waiter.pid), []);
      assert.deepEqual(
        readdirSync(sandbox.path(DEVICE)).filter((name) => name.startsWith("tmp")),
        [],
      );
    }),
);

test("of a name with several addresses the one is asked that the server was found at", async () => {
  await using sandbox = await Sandbox.create([DEVICE]);
  await sandbox.startServer();
  const [question, addr] = [sandbox.path("question"), `localhost:${sandbox.port}`];
  const flags = [...sandbox.agentFlags(DEVICE, ["x"]), "--addr", addr];
  const { code, stderr } = await sandbox.run("jamesc", [...flags, "work", "--question", question]);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(question, "utf8").split("\n")[2], `127.0.0.1:${sandbox.port}`);
});

test("or with curl, past proxies and curlrc as jamesc itself; where the server is lost it is looked for", {
  skip: requireTool("curl"),
}, async (t) => {
  const home = mkdtempSync(joinPath(tmpdir(), "jamesc-home-"));
  t.after(() => rmSync(home, { recursive: true }));
  const trace = joinPath(home, "trace");
  writeFileSync(joinPath(home, ".curlrc"), `trace-ascii = "${trace}"\n`);
  let proxied = 0;
  const proxy = createServer((socket) => {
    proxied += 1;
    socket.destroy();
  });
  const env = { HOME: home, https_proxy: `http://127.0.0.1:${await listen(proxy, t)}` };
  await withDevice(
    "curl",
    async (sandbox, waiter) => {
      await addApp(sandbox, "v1");
      await waitsWith(waiter, "curl");
      await sandbox.stopServer();
      await waitFor("the waiter to pause", () => below(waiter.pid).includes("sleep") || undefined);
      assert.match(waiter.stderr, /SERVER_UNREACHABLE/);
      await sandbox.startServer();
      assert.match(await want(sandbox, "v1"), /in-sync/);
      assert.ok(existsSync(`${sandbox.root(DEVICE)}/opt/app`));
    },
    env,
  );
  assert.deepEqual([proxied, existsSync(trace)], [0, false]);
});
