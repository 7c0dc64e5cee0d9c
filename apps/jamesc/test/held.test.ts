import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "@jamesd/archive/safe-path";
import { makeLogger } from "@jamesd/config/log";
import { makeFolder } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { Sandbox, waitFor } from "@jamesd/testkit";
import { Agent } from "../src/agent.ts";
import { Daemon } from "../src/daemon.ts";
import { DriftWatch } from "../src/drift-watch.ts";
import { chooseIdentity } from "../src/identity/choose.ts";
import { Proof } from "../src/identity/proof.ts";
import { Renewal } from "../src/identity/renewal.ts";
import { runOnce } from "../src/once.ts";
import { Pulse } from "../src/pulse.ts";
import { makeRemote } from "../src/remote.ts";
import { Device, type Go, manifestBytes } from "../src/transaction/index.ts";

const log = makeLogger("error", () => undefined, Date.now);

/** An agent that notes what it does, and its gate: closed, every plan is to be asked for again in a second. */
class Watched extends Agent {
  readonly did: string[] = [];
  /** There while a transaction changes the device, and until what it left is cleared away. */
  journal = "";
  /** Done before each plan is carried out. */
  before: () => Promise<unknown> = async () => undefined;

  override checkIn(...args: Parameters<Agent["checkIn"]>): ReturnType<Agent["checkIn"]> {
    const how = existsSync(this.journal) ? ", not cleared up" : args[1] === undefined ? "" : ", deferred";
    this.did.push(`check in${how}`);
    return super.checkIn(...args);
  }

  override async carryOut(...args: Parameters<Agent["carryOut"]>): ReturnType<Agent["carryOut"]> {
    this.did.push("carry out");
    await this.before();
    return super.carryOut(...args);
  }

  count(what: string): number {
    return this.did.filter((one) => one === what).length;
  }
}

/** A server that wants an app of a device whose agent runs in this process, behind a gate. */
async function withAgent(
  use: (agent: Watched, gate: { isOpen: boolean }, sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  await using sandbox = await Sandbox.create(["dev"]);
  await sandbox.startServer();
  assert.equal((await sandbox.runAgentOnce("dev", ["x"])).code, 0);
  const archive = await sandbox.pack("app", { "opt/app": "1" });
  await sandbox.ctlOk("add-packet", "--name", "app", "--tags", "v1", "--data", archive);
  const wish = sandbox.write("wish.yaml", "id: dev\napps:\n- name: app\n  tags: [v1]\n");
  await sandbox.ctlOk("set-desired-state", "--file", wish);
  const gate = { isOpen: false };
  const { agent, client } = await agentOf(sandbox, sandbox.port, gate);
  try {
    await use(agent, gate, sandbox);
  } finally {
    client.close();
  }
}

/** The agent of `dev` that asks at that port, in this process. */
async function agentOf(sandbox: Sandbox, port: number, gate: { readonly isOpen: boolean }) {
  const pki = (name: string) => sandbox.path("pki", name);
  const places = {
    paths: { ca: pki("ca.crt"), cert: pki("dev.crt"), key: pki("dev.key") },
    stateDir: sandbox.path("dev/state"),
  };
  const address = { host: "127.0.0.1", port };
  const proof = new Proof({ address, serverName: "jamesd", places, choice: chooseIdentity(places) });
  const { client } = proof;
  const enrollAddress = { ...address, port: 1 };
  const renewal = new Renewal({ proof, ...places, enrollAddress, serverName: "jamesd", log });
  const go: Go = async () => (gate.isOpen ? undefined : { until: Date.now(), why: "the window is closed" });
  const device = await Device.open({
    installRoot: sandbox.root("dev"),
    stateDir: sandbox.path("dev/state"),
    deviceId: "dev",
    systemTags: ["x"],
    scriptTimeoutMs: 20_000,
    healthcheckTimeoutMs: 20_000,
    limits: DEFAULT_LIMITS,
    go,
    log: () => undefined,
  });
  const remote = makeRemote(client, "the server", { maxManifest: manifestBytes(DEFAULT_LIMITS) });
  const seldom = { noDrift: false, driftIntervalMs: 3_600_000, driftFullMs: 3_600_000, driftRate: 1 };
  const watch = new DriftWatch(device, seldom, log, new AbortController().signal);
  const parts = { device, client, remote, watch, renewal, log };
  return { agent: new Watched({ ...parts, systemTags: ["x"], instance: "0".repeat(32) }), client };
}

test("while a plan may not be begun the agent goes on checking in; let go, it begins", () =>
  withAgent(async (agent, gate, sandbox) => {
    const app = `${sandbox.root("dev")}/opt/app`;
    agent.journal = sandbox.path("dev/state/journal");
    const stop = new AbortController();
    const cadence = { intervalMs: 60_000, poll: false };
    const daemon = new Daemon(agent, cadence, log, new Pulse());
    const ended = daemon.run(stop.signal);
    try {
      await waitFor("the plan to be asked for again", async () => agent.count("carry out") > 2 || undefined);
      assert.ok(agent.count("check in, deferred") >= 2, agent.did.join("; "));
      assert.equal(existsSync(app), false);
      assert.doesNotMatch(await sandbox.ctlOk("describe", "--id", "dev"), /in sync: it has/);
      gate.isOpen = true;
      await waitFor("the app", async () => existsSync(app) || undefined);
      await waitFor(
        "the server to hear of it",
        async () => /in sync: it has/.test(await sandbox.ctlOk("describe", "--id", "dev")) || undefined,
      );
      await waitFor("the next question", async () => agent.did.at(-1) === "check in" || undefined);
      // It was told while the device cleared up, and by no other check-in.
      assert.deepEqual(agent.did.slice(-2), ["check in, not cleared up", "check in"]);
    } finally {
      stop.abort();
      await ended;
    }
  }));

test("a device that is locked out while it prepares a plan asks until it is let in, and has failed in nothing", () =>
  withAgent(async (agent, gate, sandbox) => {
    gate.isOpen = true;
    agent.before = async () => {
      agent.before = async () => undefined;
      await sandbox.ctlOk("revoke", "--id", "dev");
    };
    const stop = new AbortController();
    const ended = new Daemon(agent, { intervalMs: 60_000, poll: false }, log, new Pulse()).run(stop.signal);
    try {
      // The first of them says that it prepares.
      const asked = (): readonly string[] => agent.did.slice(agent.did.indexOf("carry out") + 1);
      await waitFor("it to ask in vain", async () => asked().length > 2 || undefined);
      assert.equal(agent.failed, undefined);
      await sandbox.ctlOk("unrevoke", "--id", "dev");
      const events = () => sandbox.ctlOk("events", "--all", "--id", "dev");
      await waitFor("it to be done", async () => /carried out revision 1/.test(await events()) || undefined);
      assert.doesNotMatch(await events(), /REVOKED|rolled back|failed/);
      assert.equal(agent.count("carry out"), 2);
    } finally {
      stop.abort();
      await ended;
    }
  }));

test("--once ends with NOT_YET where the plan may not be begun, and goes on when it may", () =>
  withAgent(async (agent, gate, sandbox) => {
    const app = `${sandbox.root("dev")}/opt/app`;
    const { signal } = new AbortController();
    await assert.rejects(
      runOnce(agent, signal),
      (error) => error instanceof JamesError && error.code === "NOT_YET" && error.class === "unavailable",
    );
    assert.equal(existsSync(app), false);
    gate.isOpen = true;
    await runOnce(agent, signal);
    assert.equal(readFileSync(app, "utf8"), "1");
  }));

test("the server's word on when to ask again counts more than the agent's own interval", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  for (const folder of [sandbox.root("dev"), sandbox.path("dev/state")]) makeFolder(folder);
  const read = (name: string) => readFileSync(sandbox.path("pki", name));
  const credentials = { ca: read("ca.crt"), cert: read("jamesd.crt"), key: read("jamesd.key") };
  const prefers: string[] = [];
  const server = createServer({ ...credentials, requestCert: true }, (request, response) => {
    const { prefer } = request.headers;
    prefers.push(String(prefer ?? ""));
    const isTold = prefer !== undefined && { "retry-after": "1", connection: "close" };
    response.writeHead(204, { ...isTold }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { agent, client } = await agentOf(sandbox, (server.address() as AddressInfo).port, { isOpen: true });
  const stop = new AbortController();
  const daemon = new Daemon(agent, { intervalMs: 3_600_000, poll: false }, log, new Pulse());
  const ended = daemon.run(stop.signal);
  try {
    await waitFor("the agent to ask again and again", async () => prefers.length > 2 || undefined);
    assert.deepEqual(prefers.slice(0, 3), ["", "wait=300", "wait=300"]);
  } finally {
    stop.abort();
    await ended;
    client.close();
    server.close();
  }
});
