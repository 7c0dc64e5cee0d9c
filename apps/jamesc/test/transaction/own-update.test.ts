import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { readTree } from "@jamesd/testkit";
import type { OwnProgram, Start } from "../../src/transaction/index.ts";
import { Life } from "./faults/life.ts";
import { isSync } from "./faults/plan.ts";
import { Bench, NEVER, ownProgram, planFor, Shelf } from "./fixture.ts";

const PATH = "usr/bin/agent";
/** An agent that does nothing but test itself. */
const agentThat = (does: string) => `#!/bin/sh\n[ "$2" = self-test ] && ${does}\n`;

const OFFLINE = { isOffline: true };

/** A device whose agent's own program is a packet, and a plan that replaces it. */
class Scene implements Disposable {
  readonly bench = new Bench();
  readonly shelf = new Shelf();
  readonly trial = join(this.bench.state, "trial");
  isReplaced = false;

  own(start: Start, prove: OwnProgram["prove"] = () => Promise.resolve()): OwnProgram {
    const replaced = (): void => {
      this.isReplaced = true;
    };
    return { ...ownProgram(join(this.bench.root, PATH)), start, prove, replaced };
  }

  /** Installs one program, and carries out a plan for the other, as an agent that was started so. */
  async update(start: Start, text: string, remote: Shelf = this.shelf) {
    const [one, two] = ["exit 0", text].map((does) =>
      this.shelf.add("agent", { [PATH]: agentThat(does) }, {}, { agent: true }),
    );
    assert.ok(one && two);
    const device = await this.bench.open();
    await device.carryOut(planFor([], [one], this.shelf), this.shelf, NEVER);
    const before = readTree(this.bench.root);
    const opened = await this.bench.open({ own: this.own(start) });
    const carried = opened.carryOut(planFor(opened.installed, [two], this.shelf, 2), remote, NEVER);
    return { before, carried, digest: two.digest };
  }

  /** The same by a command without a server, on a device whose service the launcher starts. */
  async apply(text: string, service: OwnProgram) {
    await this.bench.open({ own: service });
    return await this.update("plain", text, Object.assign(Object.create(this.shelf), OFFLINE));
  }

  get text(): string {
    return readFileSync(join(this.bench.root, PATH), "utf8");
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

test("a new agent is committed by itself, when it has reached the server", async () => {
  using scene = new Scene();
  const { carried, digest } = await scene.update("launched", "exit  0");
  await assert.rejects(carried, { code: "AGENT_REPLACED" });
  assert.ok(existsSync(join(scene.trial, "switched")));
  assert.match(
    readFileSync(join(scene.trial, "command"), "utf8"),
    /^\/bin\/sh\n.*\/trial\/0-agent\n--flag\n$/,
  );
  const device = await scene.bench.open({ own: scene.own("trial") });
  assert.deepEqual([device.revision, device.installed[0]?.digest], [2, digest]);
  assert.equal(device.pendingReport()?.outcome, "committed");
  assert.deepEqual([existsSync(scene.trial), scene.isReplaced], [false, false]);
});

for (const [what, start, why] of [
  ["does not reach the server", "trial", /nobody answers/],
  ["did not come up", "old", /did not come up/],
  ["was started by somebody else", "plain", /did not come up/],
] as const)
  test(`a new agent that ${what} is undone, and another one has to be started`, async () => {
    using scene = new Scene();
    const { before, carried } = await scene.update("launched", "exit  0");
    await assert.rejects(carried, { code: "AGENT_REPLACED" });
    const prove = () => Promise.reject(new JamesError("SERVER_UNREACHABLE", "nobody answers"));
    const device = await scene.bench.open({ own: scene.own(start, prove) });
    assert.equal(device.revision, 1);
    const { code, message = "" } = device.pendingReport()?.error ?? {};
    assert.equal(code, "AGENT_UNFIT");
    assert.match(message, why);
    assert.deepEqual(readTree(scene.bench.root), before);
    assert.deepEqual([existsSync(scene.trial), scene.isReplaced], [false, start !== "plain"]);
  });

test("a new agent that fails its test is undone at once", async () => {
  using scene = new Scene();
  const { before, carried } = await scene.update("launched", "{ echo unwell; exit 1; }");
  const { outcome, error } = await carried;
  assert.deepEqual([outcome, error?.code], ["rolled-back", "AGENT_UNFIT"]);
  assert.match(error?.message ?? "", /: unwell$/);
  assert.deepEqual(readTree(scene.bench.root), before);
  assert.equal(existsSync(scene.trial), false);
});

test("while a new agent is tested it is said what is waited for, and what that says; of much only the beginning", async () => {
  using scene = new Scene();
  const { carried } = await scene.update("launched", "{ echo looking; seq 1000; echo unwell >&2; exit 1; }");
  assert.match((await carried).error?.message ?? "", /: unwell$/);
  const [first, ...said] = scene.bench.events.filter(({ event }) => event === "test the new jamesc");
  assert.deepEqual([first?.waitsFor, first?.seconds], ["its start and the server", 20]);
  assert.deepEqual(
    said.map(({ says }) => says),
    ["looking", ...Array.from({ length: 19 }, (_, i) => `${i + 1}`)],
  );
});

for (const start of ["launched", "plain"] as const)
  test(`a plan that takes the agent itself away is refused before anything is touched (${start})`, async () => {
    using scene = new Scene();
    const agent = scene.shelf.add(
      "agent",
      { [PATH]: agentThat("exit 0") },
      { prerm: "exit 3\n" },
      { agent: true },
    );
    const device = await scene.bench.open();
    await device.carryOut(planFor([], [agent], scene.shelf), scene.shelf, NEVER);
    const opened = await scene.bench.open({ own: scene.own(start) });
    const before = readTree(scene.bench.root);
    const { outcome, error, scripts } = await opened.carryOut(
      planFor(opened.installed, [], scene.shelf, 2),
      scene.shelf,
      NEVER,
    );
    assert.deepEqual([outcome, error?.code, scripts], ["rolled-back", "AGENT_UNFIT", []]);
    assert.match(error?.message ?? "", /takes jamesc itself off the device/);
    assert.deepEqual(readTree(scene.bench.root), before);
    assert.equal(existsSync(scene.trial), false);
  });

test("an agent that moves, a link of which stays or is replaced by the program, is no agent that is taken away", async () => {
  for (const next of [
    { [PATH]: { link: "../lib/agent2" }, "usr/lib/agent2": agentThat("exit 0") },
    { [PATH]: agentThat("exit 0") },
  ]) {
    using scene = new Scene();
    const trees = [{ [PATH]: { link: "../lib/agent1" }, "usr/lib/agent1": agentThat("exit 0") }, next];
    const [one, two] = trees.map((tree) => scene.shelf.add("agent", tree, {}, { agent: true }));
    assert.ok(one && two);
    const device = await scene.bench.open();
    await device.carryOut(planFor([], [one], scene.shelf), scene.shelf, NEVER);
    const opened = await scene.bench.open({ own: scene.own("launched") });
    const plan = planFor(opened.installed, [two], scene.shelf, 2);
    await assert.rejects(opened.carryOut(plan, scene.shelf, NEVER), { code: "AGENT_REPLACED" });
  }
});

test("an update of the agent that cannot be noted as begun is given up, and no trial stays", async () => {
  using scene = new Scene();
  let refused = 0;
  const life = new Life(({ call, site }) => {
    if (!existsSync(scene.trial) || !isSync(call) || !/^Journal.append.* < stageAll/.test(site()))
      return "go on";
    refused += 1;
    return { error: "EIO" };
  });
  const update = await life.run(async () => {
    const { before, carried } = await scene.update("launched", "exit  0");
    return { before, transaction: await carried };
  });
  assert.equal(refused, 1);
  const { outcome, error } = update?.transaction ?? {};
  assert.deepEqual([outcome, error?.code], ["rolled-back", "DEVICE_IO"]);
  assert.deepEqual(readTree(scene.bench.root), update?.before);
  assert.equal(existsSync(scene.trial), false);
});

test("without a launcher a new agent is tested, and committed at once", async () => {
  using scene = new Scene();
  const { carried, digest } = await scene.update("plain", "exit  0");
  assert.equal((await carried).outcome, "committed");
  assert.equal(existsSync(scene.trial), false);
  const device = await scene.bench.open();
  assert.equal(device.installed[0]?.digest, digest);
});

/** The service of that agent, with a flag of its own. */
function serviceOf(scene: Scene): OwnProgram {
  const own = scene.own("launched");
  return { ...own, command: own.command.with(-1, "--of-service") };
}

for (const start of ["trial", "plain"] as const)
  test(`a new agent that was applied without a server is committed by its first start (${start})`, async () => {
    using scene = new Scene();
    const { carried, digest } = await scene.apply("exit  0", serviceOf(scene));
    await assert.rejects(carried, { code: "AGENT_REPLACED" });
    assert.match(
      readFileSync(join(scene.trial, "command"), "utf8"),
      /^\/bin\/sh\n.*\/trial\/0-agent\n--of-service\n$/,
    );
    const proved: boolean[] = [];
    const prove = async (isOffline: boolean) => void proved.push(isOffline);
    const device = await scene.bench.open({ own: scene.own(start, prove) });
    assert.equal(device.installed[0]?.digest, digest);
    assert.deepEqual([existsSync(scene.trial), proved], [false, start === "trial" ? [true] : []]);
  });

test("a new agent that was applied without a server and does not come up as the service is undone", async () => {
  using scene = new Scene();
  const { before, carried } = await scene.apply("exit  0", serviceOf(scene));
  await assert.rejects(carried, { code: "AGENT_REPLACED" });
  const device = await scene.bench.open({ own: scene.own("old") });
  assert.equal(device.pendingReport()?.error?.code, "AGENT_UNFIT");
  assert.deepEqual(readTree(scene.bench.root), before);
  assert.deepEqual([existsSync(scene.trial), scene.isReplaced], [false, true]);
});

test("a new agent that is applied is tested with the settings of who applies it: those of the service may be in its environment", async () => {
  using scene = new Scene();
  const { carried } = await scene.apply('[ "$*" = "--flag self-test --offline" ]', serviceOf(scene));
  await assert.rejects(carried, { code: "AGENT_REPLACED" });
});

test("without a service that is known, a new agent that is applied has its test only", async () => {
  for (const service of [
    (scene: Scene) => scene.own("plain"),
    (scene: Scene) => ({ ...serviceOf(scene), files: [join(scene.bench.root, "usr/bin/gone")] }),
  ]) {
    using scene = new Scene();
    const { carried } = await scene.apply("exit  0", service(scene));
    assert.equal((await carried).outcome, "committed");
    assert.equal(existsSync(scene.trial), false);
  }
});
