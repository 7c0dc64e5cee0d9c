import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { requireTool, Sandbox, waitFor } from "@jamesd/testkit";
import { type Bench, type Finding, notMeasured } from "../bench.ts";
import { timed } from "../install/command.ts";
import { installOn } from "../install/device-run.ts";
import { installDeb, packDeb } from "../install/dpkg.ts";
import { settle } from "../install/floor.ts";
import { makeTree } from "../install/tree.ts";
import { connectOperator } from "../operator.ts";
import { cpuMs } from "../process-usage.ts";
import { median, spread } from "../statistics.ts";
import { usageOf } from "../transfer/command-usage.ts";

/** What looking for drift costs a day, beside what Debian has for it. */
export const DRIFT: Bench = { name: "agent-drift", run };

const RUNS = 3;
const TREE = { name: "tree", files: 10_000, megabytes: 100 };
const DEVICE = "device";
/** As `jamesc` does it unless told otherwise. */
const LOOKS_A_DAY = 24;
const FULL_LOOKS_A_DAY = 1;
/** So often, and so many, to see what one look costs. */
const EVERY = "100ms";
const LOOKS = 5;

async function run(): Promise<Finding> {
  await using sandbox = await Sandbox.create([DEVICE]);
  const server = await sandbox.startServer("--log-level", "warn");
  const operator = connectOperator(sandbox);
  const root = sandbox.path("tree");
  makeTree(TREE, root);
  const archive = sandbox.path("tree.tar");
  await timed("tar", "-cf", archive, "-C", root, ".");
  await sandbox.ctlOk("add-packet", "--name", TREE.name, "--data", archive, "--tags", "v1");
  await installOn(DEVICE, TREE.name, sandbox, server, operator, { flags: ["--no-drift"] });
  await settle(sandbox.dir);
  const quick: number[] = [];
  const full: number[] = [];
  for (let n = 0; n < RUNS; n++) {
    quick.push(await quickLook(sandbox));
    full.push(await fullLook(sandbox));
  }
  operator.close();
  const day = quick.map((seconds, n) => seconds * LOOKS_A_DAY + (full[n] ?? 0) * FULL_LOOKS_A_DAY);
  const peers = await peersOf(sandbox, root);
  const ratio = (of: readonly number[]): string =>
    of.length === 0 ? "" : (median(day) / median(of)).toFixed(2);
  return {
    summary: `Processor time of looking for drift in ${TREE.files} files, ${TREE.megabytes} MB, all contents in the disk's cache: a day of \`jamesc\` (${LOOKS_A_DAY} looks at what was touched, ${FULL_LOOKS_A_DAY} at all contents) beside one run of others; median of ${RUNS} (least to most).`,
    columns: ["what", "CPU s", "the day of jamesc to it"],
    rows: [
      ["jamesc, one look at what was touched", spread(quick, 3), ""],
      ["jamesc, one look at all contents", spread(full, 2), ""],
      ["jamesc, a day", spread(day, 2), "1.00"],
      ["`debsums -s`, once", spread(peers.debsums, 2), ratio(peers.debsums)],
      ["`aide --check` (sha256, mode, owner, times), once", spread(peers.aide, 2), ratio(peers.aide)],
    ],
    notes: peers.notes,
  };
}

/** Processor seconds of one look, of several that an agent takes while it waits for what else there may be. */
async function quickLook(sandbox: Sandbox): Promise<number> {
  const flags = ["--drift-interval", EVERY, "--drift-full-interval", "1d"];
  const agent = sandbox.startAgent(DEVICE, [], "--log-level", "debug", ...flags);
  const looks = (): number => agent.stderr.split("looked for drift").length - 1;
  const cpuAfter = async (most: number): Promise<number> => {
    await waitFor(`${most} looks`, () => looks() >= most || undefined);
    return cpuMs(agent.pid);
  };
  const before = await cpuAfter(1);
  const seconds = ((await cpuAfter(1 + LOOKS)) - before) / 1000 / LOOKS;
  await agent.stop();
  return seconds;
}

async function fullLook(sandbox: Sandbox): Promise<number> {
  const agent = sandbox.startAgent(DEVICE, [], "--no-drift");
  await sleep(3000);
  const before = cpuMs(agent.pid);
  await sandbox.ctlOk("verify", "--id", DEVICE, "--wait");
  const seconds = (cpuMs(agent.pid) - before) / 1000;
  await agent.stop();
  return seconds;
}

interface Peers {
  readonly debsums: number[];
  readonly aide: number[];
  readonly notes: readonly string[];
}

async function peersOf(sandbox: Sandbox, tree: string): Promise<Peers> {
  const debsums: number[] = [];
  const aide: number[] = [];
  const usage = sandbox.path("usage");
  if (requireTool("debsums") === false) {
    const deb = await packDeb(TREE.name, tree, "none", sandbox.dir);
    const root = sandbox.path("debian");
    await installDeb(deb, root);
    const command = ["debsums", `--root=${root}`, "-s", TREE.name];
    for (let n = 0; n < RUNS; n++) debsums.push((await usageOf(command, usage)).cpuSeconds);
  }
  if (requireTool("aide") === false) {
    const config = sandbox.path("aide.conf");
    const database = sandbox.path("aide.db");
    writeFileSync(
      config,
      `database_in=file:${database}\ndatabase_out=file:${database}\nreport_url=stdout\n${sandbox.root(DEVICE)} p+u+g+i+s+m+c+sha256\n`,
    );
    await timed("aide", "--init", "-c", config);
    for (let n = 0; n < RUNS; n++)
      aide.push((await usageOf(["aide", "--check", "-c", config], usage)).cpuSeconds);
  }
  const missing = [...(debsums.length === 0 ? ["debsums"] : []), ...(aide.length === 0 ? ["aide"] : [])];
  return { debsums, aide, notes: notMeasured(missing) };
}
