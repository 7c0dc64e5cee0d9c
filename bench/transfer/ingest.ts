import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fetchRelease, type Release, runProgram, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { timed } from "../install/command.ts";
import { settle, unpackAndSync } from "../install/floor.ts";
import { cpuMs } from "../process-usage.ts";
import { median, spread } from "../statistics.ts";
import { pack, type Version } from "./pair.ts";
import { bytesBelow } from "./peers.ts";
import { NODE, TYPESCRIPT } from "./releases.ts";

/** How fast the server takes in a packet, beside unpacking it and beside git. */
export const INGEST: Bench = { name: "transfer-ingest", run };

const RUNS = 3;

async function run(): Promise<Finding> {
  await using sandbox = await Sandbox.create();
  const node = await packLast("node-new", NODE, "bin/node");
  const typescript = await packLast("typescript-new", TYPESCRIPT);
  return {
    summary: `MB of unpacked content a second: \`add-packet\` of a tar.xz to a server without packets, beside \`tar -xf\` and \`sync -f\`, \`git hash-object -w\` of the unpacked files into a fresh repository, and both of these one after the other, which make of an archive what jamesd makes of it; median of ${RUNS} interleaved runs (least to most).`,
    columns: [
      ...["tree", "jamesd MB/s", "server CPU s", "tar MB/s", "ratio"],
      ...["git MB/s", "ratio", "tar, then git MB/s", "ratio"],
    ],
    rows: [
      await row("Node 24.21.0, the program", node, sandbox),
      await row("TypeScript 5.9.3", typescript, sandbox),
    ],
    notes: [
      "jamesd and tar decompress; git does not. jamesd and git compress what they write, git with zlib at its fastest; jamesd and tar sync, git does not. Above 1 jamesd is faster.",
    ],
  };
}

async function packLast(name: string, releases: readonly Release[], only?: string): Promise<Version> {
  const release = releases.at(-1);
  if (release === undefined) throw new Error(`${name} has no release`);
  return pack(name, await fetchRelease(release, only));
}

async function row(title: string, { tree, archive }: Version, sandbox: Sandbox): Promise<readonly string[]> {
  const megabytes = bytesBelow(tree) / 1e6;
  const ours: Added[] = [];
  const [tar, git]: [number[], number[]] = [[], []];
  for (let number = 0; number < RUNS; number++) {
    const fresh = (what: string): string => sandbox.path(`${title}-${number}-${what}`);
    await settle(sandbox.dir);
    ours.push(await add(archive, fresh("data"), sandbox));
    tar.push(await unpackAndSync(archive, fresh("tar")));
    git.push(await hashObjects(tree, fresh("git")));
  }
  const rates = (seconds: readonly number[]): readonly number[] => seconds.map((took) => megabytes / took);
  const added = rates(ours.map(({ seconds }) => seconds));
  const beside = (seconds: readonly number[]): readonly string[] => [
    spread(rates(seconds), 0),
    (median(added) / median(rates(seconds))).toFixed(2),
  ];
  const both = tar.map((seconds, number) => seconds + (git[number] ?? Number.NaN));
  const cpu = spread(
    ours.map(({ cpuSeconds }) => cpuSeconds),
    1,
  );
  return [title, spread(added, 0), cpu, ...beside(tar), ...beside(git), ...beside(both)];
}

/** What adding a packet took, and how much processor time of the server. */
interface Added {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function add(archive: string, data: string, sandbox: Sandbox): Promise<Added> {
  const { pid } = await sandbox.startServer("--log-level", "warn", "--data", data);
  const [started, cpu] = [performance.now(), cpuMs(pid)];
  await sandbox.ctlOk("add-packet", "--name", "packet", "--data", archive);
  const [seconds, cpuSeconds] = [(performance.now() - started) / 1000, (cpuMs(pid) - cpu) / 1000];
  await sandbox.stopServer();
  return { seconds, cpuSeconds };
}

async function hashObjects(tree: string, repository: string): Promise<number> {
  await timed("git", "init", "-q", repository);
  const files = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const input = files.map(({ parentPath, name }) => `${join(parentPath, name)}\n`).join("");
  const started = performance.now();
  const command = ["git", "-C", repository, "hash-object", "-w", "--no-filters", "--stdin-paths"];
  const { code, stderr } = await runProgram(command, { input });
  if (code !== 0) throw new Error(`git hash-object: ${stderr}`);
  return (performance.now() - started) / 1000;
}
