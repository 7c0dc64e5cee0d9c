import { mkdirSync, rmSync } from "node:fs";
import type { Client } from "@jamesd/protocol";
import { type Program, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { type DeviceRun, installOn } from "../install/device-run.ts";
import { settle } from "../install/floor.ts";
import { connectOperator } from "../operator.ts";
import { median } from "../statistics.ts";
import { type Usage, usageOf } from "./command-usage.ts";
import { bytesOf, type Pair, preparePairs } from "./pair.ts";
import { missing, PEERS, type Peer } from "./peers.ts";
import { CountingProxy } from "./proxy.ts";

/** An update of real programs: what travels, and what applying it takes, beside other delta programs. */
export const PAIRS: Bench = { name: "transfer-pairs", run };

const RUNS = 3;
const COLUMNS = ["pair", "way", "bytes", "to tar.xz", "to best peer", "first s", "s", "CPU s", "peak MB"];

/** An update of a device, and what went over its wire for that. */
interface Update extends DeviceRun {
  readonly up: number;
  readonly down: number;
}

interface Measured {
  readonly pair: Pair;
  /** Length of the delta that the server made, manifest, files and scripts together. */
  readonly delta: number;
  readonly updates: readonly Update[];
  readonly peers: readonly {
    readonly peer: Peer;
    readonly bytes: number;
    readonly usages: readonly Usage[];
  }[];
}

async function run(): Promise<Finding> {
  const pairs = await preparePairs();
  const devices = pairs.flatMap(({ name }) => runNumbers().map((number) => `${name}-${number}`));
  await using sandbox = await Sandbox.create(devices);
  const server = await sandbox.startServer("--log-level", "warn");
  const operator = connectOperator(sandbox);
  await using proxy = await CountingProxy.start(sandbox.port);
  const measured: Measured[] = [];
  for (const pair of pairs) measured.push(await measure(pair, sandbox, server, operator, proxy));
  operator.close();
  return {
    summary: `One device from a packet to its next version, beside other ways to bring the new tar to who has the old one; median of ${RUNS} interleaved runs. A peer's bytes are its file's alone; jamesd's are its delta's, which brings manifest and scripts too, and all that crossed the wire in both directions: a TLS handshake, plan, reports.`,
    columns: COLUMNS,
    rows: measured.flatMap(rowsOf),
    notes: [
      "first s: the first device that asks this server for that pair; s: the median of all devices.",
      "jamesd: from `set-desired-state` to in sync, fetched, verified, durable and reversible; a peer only writes a tar (tar.xz: a tree), without any sync.",
      "The peers' deltas were made once and are kept in the cache; only applying them is timed. casync is only weighed.",
      ...measured.map(wireNote),
      ...PEERS.flatMap((peer) => missing(peer) ?? []),
    ],
  };
}

async function measure(
  pair: Pair,
  sandbox: Sandbox,
  server: Program,
  operator: Client,
  proxy: CountingProxy,
): Promise<Measured> {
  for (const [tag, { archive }] of [
    ["old", pair.old],
    ["new", pair.new],
  ] as const)
    await sandbox.ctlOk("add-packet", "--name", pair.name, "--data", archive, "--tags", tag);
  const peers: { peer: Peer; bytes: number; usages: Usage[] }[] = [];
  for (const peer of PEERS)
    if (!missing(peer)) peers.push({ peer, bytes: await peer.bytes(pair), usages: [] });
  const updates: Update[] = [];
  for (const number of runNumbers()) {
    const device = `${pair.name}-${number}`;
    await installOn(device, pair.name, sandbox, server, operator, { tag: "old" });
    await settle(sandbox.dir);
    updates.push(await update(device, pair, sandbox, server, operator, proxy));
    for (const { peer, usages } of peers)
      if (peer.apply) usages.push(await apply(peer.apply, pair, sandbox.path("applied")));
  }
  return { pair, delta: await deltaBytes(pair, operator), updates, peers };
}

async function deltaBytes({ name }: Pair, operator: Client): Promise<number> {
  const [next, old] = (await operator.call("listPackets", { query: { name } })).map(({ digest }) => digest);
  const delta = await operator.call("getDelta", { params: { digest: next ?? "" }, query: { base: old } });
  return delta?.size ?? Number.NaN;
}

async function update(
  device: string,
  { name }: Pair,
  sandbox: Sandbox,
  server: Program,
  operator: Client,
  proxy: CountingProxy,
): Promise<Update> {
  const before = proxy.traffic;
  const flags = ["--addr", proxy.address];
  const deviceRun = await installOn(device, name, sandbox, server, operator, { tag: "new", flags });
  const { up, down } = proxy.traffic;
  return { ...deviceRun, up: up - before.up, down: down - before.down };
}

async function apply(command: NonNullable<Peer["apply"]>, pair: Pair, folder: string): Promise<Usage> {
  mkdirSync(folder);
  await settle(folder);
  const usage = await usageOf(command(pair, `${folder}/to`), `${folder}/usage`);
  rmSync(folder, { recursive: true });
  return usage;
}

function rowsOf({ pair, delta, updates, peers }: Measured): readonly (readonly string[])[] {
  const whole = bytesOf(pair.new.archive);
  const best = Math.min(...peers.map(({ bytes }) => bytes));
  const row = (way: string, bytes: number, ...rest: readonly string[]): readonly string[] => [
    ...[pair.title, way, bytes.toFixed(0)],
    ...[(bytes / whole).toFixed(3), (bytes / best).toFixed(2), ...rest],
  ];
  const ours = median(updates.map(({ up, down }) => up + down));
  const first = updates[0]?.seconds ?? Number.NaN;
  const own = updates.map(({ seconds, agentCpuSeconds, agentPeakMb }) => ({
    ...{ seconds, cpuSeconds: agentCpuSeconds, peakMb: agentPeakMb },
  }));
  return [
    row("jamesd, the delta", delta, "", "", "", ""),
    row("jamesd, all on the wire", ours, first.toFixed(2), ...usageCells(own)),
    ...peers.map(({ peer, bytes, usages }) => row(peer.name, bytes, "", ...usageCells(usages))),
  ];
}

function usageCells(usages: readonly Usage[]): readonly string[] {
  if (usages.length === 0) return ["", "", ""];
  return [
    median(usages.map(({ seconds }) => seconds)).toFixed(2),
    median(usages.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2),
    Math.max(...usages.map(({ peakMb }) => peakMb)).toFixed(0),
  ];
}

function wireNote({ pair, updates }: Measured): string {
  const each = updates.map(({ up, down }) => `${down} down and ${up} up`).join("; ");
  const cpu = updates.map(({ serverCpuSeconds }) => serverCpuSeconds.toFixed(2)).join(", ");
  return `${pair.title}, each device: ${each} bytes; server CPU ${cpu} s.`;
}

function runNumbers(): readonly number[] {
  return Array.from({ length: RUNS }, (_, index) => index);
}
