import type { Client } from "@jamesd/protocol";
import { type Program, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { connectOperator } from "../operator.ts";
import { median, spread } from "../statistics.ts";
import { type DeviceRun, installOn } from "./device-run.ts";
import { installDeb } from "./dpkg.ts";
import { compareTrees, fileSystemOf, settle, unpackAndSync } from "./floor.ts";
import { packTree, TREES, type Tree } from "./tree.ts";

/** One device from set-desired-state to committed, beside installing and unpacking the same tree by hand. */
export const INSTALL: Bench = { name: "install", run };

const RUNS = 5;

const COLUMNS = [
  "tree",
  "jamesd s",
  "dpkg s",
  "ratio",
  "floor s",
  "ratio",
  "transaction s",
  "switch ms",
  "agent CPU s",
  "server CPU s",
  "agent peak MB",
];

/** Every run of one tree; all but the device's are seconds. */
interface Runs {
  readonly device: DeviceRun[];
  readonly dpkg: number[];
  readonly floor: number[];
  readonly plainDpkg: number[];
  readonly plainFloor: number[];
}

async function run(): Promise<Finding> {
  const devices = TREES.flatMap(({ name }) => runNumbers().map((number) => deviceOf(name, number)));
  await using sandbox = await Sandbox.create(devices);
  const server = await sandbox.startServer("--log-level", "warn");
  const operator = connectOperator(sandbox);
  const rows: (readonly string[])[] = [];
  const notes: string[] = [];
  for (const tree of TREES) {
    const runs = await measure(tree, sandbox, server, operator);
    rows.push(row(tree, runs));
    notes.push(plainNote(tree, runs));
  }
  operator.close();
  return {
    summary: `One device from \`set-desired-state\` to in sync, beside \`dpkg -i\` of the same tree (xz, with its fsync) and the floor, \`tar -xf\` of the packet's own tar.xz and \`sync -f\`; median of ${RUNS} interleaved runs (least to most) in shuffled order, fresh folders on ${await fileSystemOf(sandbox.dir)}.`,
    columns: COLUMNS,
    rows,
    notes: [
      ...notes,
      "Every installed tree was compared with the unpacked one: the same names and contents.",
    ],
  };
}

async function measure(tree: Tree, sandbox: Sandbox, server: Program, operator: Client): Promise<Runs> {
  const packed = await packTree(tree, sandbox.dir);
  await sandbox.ctlOk("add-packet", "--name", tree.name, "--data", packed.archive, "--tags", "v1");
  const runs: Runs = { device: [], dpkg: [], floor: [], plainDpkg: [], plainFloor: [] };
  for (const number of runNumbers()) {
    const device = deviceOf(tree.name, number);
    const fresh = (what: string): string => sandbox.path(`${device}-${what}`);
    const steps = [
      async () => runs.device.push(await installOn(device, tree.name, sandbox, server, operator)),
      async () => runs.dpkg.push(await installDeb(packed.deb, fresh("dpkg"))),
      async () => runs.floor.push(await unpackAndSync(packed.archive, fresh("floor"))),
      async () => runs.plainDpkg.push(await installDeb(packed.plainDeb, fresh("plain-dpkg"))),
      async () => runs.plainFloor.push(await unpackAndSync(packed.plainArchive, fresh("plain-floor"))),
    ];
    for (const step of shuffled(steps)) {
      await settle(sandbox.dir);
      await step();
    }
    await compareTrees(fresh("floor"), sandbox.root(device));
    await compareTrees(fresh("floor"), fresh("dpkg"));
  }
  return runs;
}

function row(tree: Tree, { device, dpkg, floor }: Runs): readonly string[] {
  const seconds = device.map((one) => one.seconds);
  const middle = (of: (one: DeviceRun) => number): number => median(device.map(of));
  return [
    titleOf(tree),
    spread(seconds, 2),
    spread(dpkg, 2),
    ratio(seconds, dpkg),
    spread(floor, 2),
    ratio(seconds, floor),
    middle((one) => one.transactionSeconds).toFixed(2),
    middle((one) => one.switchMs).toFixed(0),
    middle((one) => one.agentCpuSeconds).toFixed(2),
    middle((one) => one.serverCpuSeconds).toFixed(2),
    Math.max(...device.map((one) => one.agentPeakMb)).toFixed(0),
  ];
}

function plainNote(tree: Tree, { device, plainDpkg, plainFloor }: Runs): string {
  const seconds = device.map((one) => one.seconds);
  const beside = (what: string, peer: readonly number[]): string =>
    `${what} ${spread(peer, 2)} s, ratio ${ratio(seconds, peer)}`;
  return `${titleOf(tree)}, when nothing has to be decompressed: ${beside("`dpkg -i`", plainDpkg)}; ${beside("floor", plainFloor)}.`;
}

function ratio(ours: readonly number[], theirs: readonly number[]): string {
  return (median(ours) / median(theirs)).toFixed(2);
}

function titleOf({ files, megabytes }: Tree): string {
  return `${files === 1 ? "1 file" : `${files} files`}, ${megabytes} MB`;
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

function runNumbers(): readonly number[] {
  return Array.from({ length: RUNS }, (_, index) => index);
}

function deviceOf(tree: string, number: number): string {
  return `${tree}-${number}`;
}
