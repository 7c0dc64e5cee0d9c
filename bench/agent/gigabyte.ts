import { setTimeout as sleep } from "node:timers/promises";
import { Sandbox, waitFor } from "@jamesd/testkit";
import { type Bench, type Finding, notMeasured } from "../bench.ts";
import { timed } from "../install/command.ts";
import { isConnected, untilInSync } from "../install/device-run.ts";
import { settle } from "../install/floor.ts";
import { makeTree } from "../install/tree.ts";
import { connectOperator } from "../operator.ts";
import { peakResidentKb, treeMemory } from "../process-usage.ts";
import { spread } from "../statistics.ts";
import { agentVariants, starter, type Variant } from "./variants.ts";

/** The most memory that an agent ever has while it installs 1 GB, and what is left of it a little later. */
export const GIGABYTE: Bench = { name: "agent-gigabyte", run };

const RUNS = 3;
const TREE = { name: "gigabyte", files: 100, megabytes: 1000 };
const REST_MS = 20_000;

interface Taken {
  readonly peakMb: number;
  readonly afterMb: number;
  readonly seconds: number;
}

async function run(): Promise<Finding> {
  const devices = Array.from({ length: 10 * RUNS }, (_, n) => `device-${n}`);
  await using sandbox = await Sandbox.create(devices);
  await sandbox.startServer("--log-level", "warn");
  makeTree(TREE, sandbox.path("tree"));
  await timed("tar", "-cf", sandbox.path("tree.tar"), "-C", sandbox.path("tree"), ".");
  await sandbox.ctlOk("add-packet", "--name", TREE.name, "--data", sandbox.path("tree.tar"), "--tags", "v1");
  const { all, missing } = await agentVariants(sandbox);
  const agents = all.filter(({ kind }) => kind === "agent");
  const found = new Map<Variant, Taken[]>(agents.map((variant) => [variant, []]));
  for (let round = 0; round < RUNS; round++)
    for (const variant of agents) {
      await settle(sandbox.dir);
      found.get(variant)?.push(await once(variant, devices.pop() ?? "", sandbox));
    }
  const row = (variant: Variant): readonly string[] => {
    const of = (what: keyof Taken): readonly number[] => (found.get(variant) ?? []).map((one) => one[what]);
    return [variant.name, spread(of("peakMb"), 0), spread(of("afterMb"), 0), spread(of("seconds"), 1)];
  };
  return {
    summary: `The agent's resident memory while it installs ${TREE.megabytes} MB in ${TREE.files} files, half of which compress away: the peak of the process's whole life, and what it has ${REST_MS / 1000} s after the device was in sync; median of ${RUNS} interleaved runs (least to most).`,
    columns: ["what installs", "peak MB", "after MB", "s"],
    rows: agents.map(row),
    notes: notMeasured(missing),
  };
}

async function once(variant: Variant, device: string, sandbox: Sandbox): Promise<Taken> {
  const start = await starter(variant, device);
  const agent = start(...sandbox.agentFlags(device, []));
  const operator = connectOperator(sandbox);
  await waitFor(`${device} to check in: ${agent.stderr}`, () => isConnected(operator, device));
  const started = performance.now();
  const body = { apps: [{ name: TREE.name, tags: ["v1"] }] };
  await operator.call("setDesiredState", { params: { id: device }, body });
  await untilInSync(operator, device);
  const seconds = (performance.now() - started) / 1000;
  operator.close();
  await sleep(REST_MS);
  const taken = {
    ...{ seconds, peakMb: peakResidentKb(agent.pid) / 1024 },
    afterMb: treeMemory(agent.pid).resident / 1024,
  };
  await agent.stop();
  await timed("rm", "-rf", sandbox.path(device));
  return taken;
}
