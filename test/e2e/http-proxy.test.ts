import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, beforeEach, suite, test } from "node:test";
import { HttpProxy, Program, programCommand, runProgram, Sandbox, waitFor } from "@jamesd/testkit";
import { startJoining } from "./joining.ts";

// A name that nobody looks up but the proxy: there is no other way to the server.
const SERVER = "jamesd.test";
const DEVICE = "board-1";
const USER = "device:top%20secret";

suite("behind an HTTP proxy", () => {
  let sandbox: Sandbox;
  let proxy: HttpProxy;
  let joinFlags: readonly string[];
  let token: string;
  let ports: readonly string[];

  before(async () => {
    sandbox = await Sandbox.create();
    proxy = await HttpProxy.start();
    const joining = await startJoining(sandbox);
    const enrollPort = joining.enrollAddress.split(":")[1];
    ports = [`${SERVER}:${sandbox.port}`, `${SERVER}:${enrollPort}`];
    joinFlags = [...joining.flags(DEVICE), "--addr", `${ports[0]}`, "--enroll-addr", `${ports[1]}`];
    token = await joining.token();
    for (const tag of ["v1", "v2"]) {
      const data = await sandbox.pack(`app-${tag}`, { "opt/app": tag });
      await sandbox.ctlOk("add-packet", "--name", "app", "--data", data, "--tags", tag);
    }
  });

  beforeEach(() => {
    proxy.conduct = {};
    proxy.asked.length = 0;
  });

  after(async () => {
    await sandbox?.[Symbol.asyncDispose]();
    await proxy?.[Symbol.asyncDispose]();
  });

  /** jamesd-ctl, of which only the proxy knows where the server is. */
  function ctl(env: NodeJS.ProcessEnv, ...args: readonly string[]) {
    const command = [...programCommand("jamesd-ctl"), ...args];
    const server = { ...sandbox.ctlEnv("admin"), JAMESD_SERVER: ports[0] };
    return runProgram(command, { cwd: sandbox.dir, env: { ...server, ...env } });
  }

  async function want(tag: string): Promise<void> {
    const file = sandbox.write("want.yaml", `id: ${DEVICE}\napps:\n- name: app\n  tags: [${tag}]\n`);
    await sandbox.ctlOk("set-desired-state", "--file", file, "--wait");
    assert.equal(readFileSync(`${sandbox.root(DEVICE)}/opt/app`, "utf8"), tag);
  }

  test("a device joins, is updated, goes on when it is cut off, and says no password", async () => {
    proxy.conduct = { user: "device:top secret" };
    const env = { JAMESC_PROXY: proxy.url(USER) };
    const join = [...programCommand("jamesc"), ...joinFlags, "--enroll", "-", "--once"];
    const joined = await runProgram(join, { cwd: sandbox.dir, env, input: `${token}\n` });
    assert.equal(joined.code, 0, joined.stderr);
    assert.deepEqual([...new Set(proxy.asked)].sort(), [...ports].sort(), "all of it went through the proxy");

    const agent = new Program([...programCommand("jamesc"), ...joinFlags], { cwd: sandbox.dir, env });
    try {
      await agent.says("connected");
      await want("v1");
      // As a proxy does that finds a connection idle.
      assert.ok(proxy.cut() > 0);
      await waitFor("it to be there again", () => agent.stderr.split('"connected"').length > 2 || undefined);
      await want("v2");
    } finally {
      await agent.stop();
    }
    const log = joined.stdout + joined.stderr + agent.stdout + agent.stderr;
    assert.match(log, new RegExp(`"proxy":"127.0.0.1:${proxy.port}"`));
    assert.doesNotMatch(log, /secret|dG9wIHNlY3JldA/);
    assert.doesNotMatch(log, /"level":"error"/);
  });

  test("a proxy that does not let one in is named with what it says, and an agent looks on for the server", async () => {
    proxy.conduct = { user: "device:top secret" };
    const env = { JAMESD_PROXY: proxy.url("device:wrongsecret") };
    const refused = await ctl(env, "ping");
    assert.equal(refused.code, 5);
    assert.match(
      refused.stderr,
      new RegExp(`the proxy 127.0.0.1:${proxy.port} opens no way to ${SERVER}:\\d+: 407`),
    );
    assert.match(refused.stderr, /PROXY_REFUSED/);
    assert.doesNotMatch(refused.stderr, /secret/);
    const device = { cwd: sandbox.dir, env: { JAMESC_PROXY: proxy.url("device:wrongsecret") } };
    const agent = new Program([...programCommand("jamesc"), ...joinFlags], device);
    try {
      await agent.says("PROXY_REFUSED");
      proxy.conduct = {};
      await agent.says("connected");
    } finally {
      await agent.stop();
    }
    assert.doesNotMatch(agent.stderr, /secret/);
  });

  test("jamesd-ctl goes by the variables of the system, unless an option says another way", async () => {
    const by = { https_proxy: proxy.url() };
    const pinged = await ctl(by, "ping", "--output", "json");
    assert.equal(pinged.code, 0, pinged.stderr);
    assert.equal(JSON.parse(pinged.stdout).proxy, `127.0.0.1:${proxy.port}`);
    assert.deepEqual(proxy.asked, [ports[0]]);
    const elsewhere = { https_proxy: "http://127.0.0.1:1", no_proxy: "*" };
    assert.equal((await ctl(elsewhere, "ping", "--proxy", proxy.url())).code, 0);
    const before = proxy.asked.length;
    for (const direct of [
      await ctl({ ...by, no_proxy: "example.com .test" }, "ping"),
      await ctl(by, "ping", "--proxy", "none"),
    ]) {
      assert.equal(direct.code, 5);
      assert.match(direct.stderr, /its name cannot be looked up/);
    }
    assert.equal(proxy.asked.length, before);
    // This machine is reached directly.
    const { code } = await ctl({ https_proxy: "socks5://127.0.0.1:1", ...sandbox.ctlEnv("admin") }, "ping");
    assert.equal(code, 0);
  });

  test("the dashboard of an operator has its answers through the proxy", async () => {
    const env = { ...sandbox.ctlEnv("admin"), JAMESD_SERVER: ports[0], JAMESD_PROXY: proxy.url() };
    const served = sandbox.start("jamesd-ctl", ["dashboard", "--no-open"], env);
    await served.says("#token=");
    const address = new URL(served.stdout.trim());
    const entered = await fetch(new URL("/session", address), {
      method: "POST",
      body: address.hash.slice("#token=".length),
    });
    const cookie = entered.headers.getSetCookie().join("; ").split(";")[0] ?? "";
    const told = await fetch(new URL("/v1/summary", address), { headers: { cookie } });
    assert.equal(told.status, 200, await told.text());
    assert.ok(proxy.asked.length > 0);
  });

  test("a password in the command line, or in a file that others read, is warned of", async () => {
    const url = proxy.url("device:topsecret");
    const inLine = await ctl({}, "ping", "--proxy", url);
    assert.equal(inLine.code, 0, inLine.stderr);
    assert.match(inLine.stderr, /all users of this machine can read who asks the proxy/);
    const file = sandbox.write("jamesc.yaml", `proxy: ${url}\n`);
    const { stderr } = await sandbox.run("jamesc", [...joinFlags, "--config", file, "--once"]);
    assert.match(stderr, /others can read who asks the proxy in .*jamesc.yaml: chmod 600 it/);
    assert.doesNotMatch(inLine.stderr + stderr, /topsecret/);
    assert.ok(existsSync(`${sandbox.root(DEVICE)}/opt/app`));
  });
});
