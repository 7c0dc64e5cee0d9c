import type { Client } from "@jamesd/protocol";
import { type Program, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { connectOperator } from "../operator.ts";
import { median, spread } from "../statistics.ts";
import { type DeviceRun, installOn } from "./device-run.ts";
import { compareTrees, fileSystemOf, settle, unpackAndSync } from "./floor.ts";
import { packTree, TREES, type Tree } from "./tree.ts";

/** One device from set-desired-state to committed, beside unpacking the same archive by hand. */
export const INSTALL: Bench = { name: "install", run };

const RUNS = 3;

/** Every run of one tree. */
interface Runs {
  readonly device: DeviceRun[];
  readonly floor: number[];
}

async function run(): Promise<Finding> {
  const devices = TREES.flatMap(({ name }) => runNumbers().map((number) => deviceOf(name, number)));
  await using sandbox = await Sandbox.create(devices);
  const server = await sandbox.startServer("--log-level", "warn");
  const operator = connectOperator(sandbox);
  const rows: (readonly string[])[] = [];
  for (const tree of TREES) rows.push(row(tree, await measure(tree, sandbox, server, operator)));
  operator.close();
  return {
    summary: `One device from \`set-desired-state\` to in sync, beside \`tar -xJf\` and \`sync -f\` of the same archive; median of ${RUNS} interleaved runs (least to most), fresh folders on ${await fileSystemOf(sandbox.dir)}.`,
    columns: [
      "tree",
      "jamesd s",
      "floor s",
      "ratio",
      "transaction s",
      "agent CPU s",
      "server CPU s",
      "agent peak MB",
    ],
    rows,
    notes: ["Every installed tree was compared with the unpacked one: the same names and contents."],
  };
}

async function measure(tree: Tree, sandbox: Sandbox, server: Program, operator: Client): Promise<Runs> {
  const archive = await packTree(tree, sandbox.dir);
  await sandbox.ctlOk("add-packet", "--name", tree.name, "--data", archive, "--tags", "v1");
  const runs: Runs = { device: [], floor: [] };
  for (const number of runNumbers()) {
    const device = deviceOf(tree.name, number);
    const folder = sandbox.path(`${device}-floor`);
    const install = async () => {
      await settle(sandbox.dir);
      runs.device.push(await installOn(device, tree.name, sandbox, server, operator));
    };
    const unpack = async () => {
      await settle(sandbox.dir);
      runs.floor.push(await unpackAndSync(archive, folder));
    };
    for (const step of number % 2 === 0 ? [install, unpack] : [unpack, install]) await step();
    await compareTrees(folder, sandbox.root(device));
  }
  return runs;
}

function row({ files, megabytes }: Tree, { device, floor }: Runs): readonly string[] {
  const seconds = device.map((one) => one.seconds);
  const middle = (of: (one: DeviceRun) => number): number => median(device.map(of));
  return [
    `${files === 1 ? "1 file" : `${files} files`}, ${megabytes} MB`,
    spread(seconds, 2),
    spread(floor, 2),
    (median(seconds) / median(floor)).toFixed(2),
    middle((one) => one.transactionSeconds).toFixed(2),
    middle((one) => one.agentCpuSeconds).toFixed(2),
    middle((one) => one.serverCpuSeconds).toFixed(2),
    middle((one) => one.agentPeakMb).toFixed(0),
  ];
}

function runNumbers(): readonly number[] {
  return Array.from({ length: RUNS }, (_, index) => index);
}

function deviceOf(tree: string, number: number): string {
  return `${tree}-${number}`;
}
