import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached, keep, requireTool, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { timed } from "../install/command.ts";
import { halfCompressible } from "../install/content.ts";
import { installOn } from "../install/device-run.ts";
import { settle } from "../install/floor.ts";
import { connectOperator } from "../operator.ts";
import { median, spread } from "../statistics.ts";
import { bytesOf, pack } from "./pair.ts";
import { CountingProxy } from "./proxy.ts";

/** Ten thousand small files: the first install, and updates of one in a hundred, without scripts and with one. */
export const FILES: Bench = { name: "transfer-files", run };

const RUNS = 3;
const COUNT = 10_000;
const CHANGED_EVERY = 100;
const FILES_A_FOLDER = 100;
const TAGS = ["v1", "v2", "v3"] as const;

/** What one way took, in seconds, and what crossed the wire. */
interface Runs {
  readonly ours: number[];
  readonly wire: number[];
  readonly rsync: number[];
  readonly synced: number[];
}

async function run(): Promise<Finding> {
  const [before, after] = [await makeTree("v1", 0), await makeTree("v2", 1)];
  const [v1, v2] = [await pack("files-v1", before), await pack("files-v2", after)];
  // Back to the files of the first one, with a script: nothing may stay where it is then.
  const packed = { v1, v2, v3: v1 };
  const devices = Array.from({ length: RUNS }, (_, number) => `device-${number}`);
  await using sandbox = await Sandbox.create(devices);
  const server = await sandbox.startServer("--log-level", "warn");
  const operator = connectOperator(sandbox);
  await using proxy = await CountingProxy.start(sandbox.port);
  const hasRsync = requireTool("rsync") === false;
  const runs = { v1: emptyRuns(), v2: emptyRuns(), v3: emptyRuns() };
  const script = ["--postinst", sandbox.write("postinst", "true\n")];
  for (const tag of TAGS) {
    const flags = ["--name", "files", "--data", packed[tag].archive, "--tags", tag];
    await sandbox.ctlOk("add-packet", ...flags, ...(tag === "v3" ? script : []));
  }
  for (const device of devices)
    for (const tag of TAGS) {
      await settle(sandbox.dir);
      const counted = proxy.traffic;
      const flags = ["--addr", proxy.address];
      const { seconds } = await installOn(device, "files", sandbox, server, operator, { tag, flags });
      runs[tag].ours.push(seconds);
      runs[tag].wire.push(proxy.traffic.up + proxy.traffic.down - counted.up - counted.down);
      if (hasRsync) await copy(packed[tag].tree, sandbox.path(`${device}-rsync`), runs[tag]);
    }
  operator.close();
  const row = (what: string, { tar, archive }: (typeof packed)["v1"], of: Runs): readonly string[] => [
    ...[what, spread(of.ours, 2), ...beside(of.ours, of.rsync), ...beside(of.ours, of.synced)],
    ...[median(of.wire).toFixed(0), `${bytesOf(tar)}`, `${bytesOf(archive)}`],
  ];
  return {
    summary: `${COUNT} files of 1 to 4 KB, from \`set-desired-state\` to in sync, beside \`rsync -a\` of the same tree from the same disk, without and with \`sync -f\`; median of ${RUNS} interleaved runs (least to most).`,
    columns: [
      "what",
      "jamesd s",
      "rsync s",
      "ratio",
      "rsync and sync s",
      "ratio",
      "wire bytes",
      "tar bytes",
      "tar.xz bytes",
    ],
    rows: [
      row("first install", packed.v1, runs.v1),
      row("1 % changed", packed.v2, runs.v2),
      row("1 % changed, with a script", packed.v3, runs.v3),
    ],
    notes: hasRsync ? [] : ["rsync was not measured: it is not here; `apt-get install rsync` has it."],
  };
}

function emptyRuns(): Runs {
  return { ours: [], wire: [], rsync: [], synced: [] };
}

function beside(ours: readonly number[], theirs: readonly number[]): readonly string[] {
  if (theirs.length === 0) return ["", ""];
  return [spread(theirs, 2), (median(ours) / median(theirs)).toFixed(2)];
}

async function copy(tree: string, to: string, { rsync, synced }: Runs): Promise<void> {
  await settle(dirname(to));
  const seconds = await timed("rsync", "-a", `${tree}/`, `${to}/`);
  rsync.push(seconds);
  synced.push(seconds + (await timed("sync", "-f", to)));
}

/** The tree in a version; what differs has another time too, for rsync goes by that. */
function makeTree(name: string, version: number): Promise<string> {
  return keep(cached("files", name), async (root) => {
    for (let number = 0; number < COUNT; number++) {
      const edition = number % CHANGED_EVERY === 0 ? version : 0;
      const path = join(root, `part-${Math.floor(number / FILES_A_FOLDER)}`, `file-${number}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, halfCompressible(number + COUNT * edition, 1024 + ((number * 7919) % 3072)));
      utimesSync(path, 1e9 + edition, 1e9 + edition);
    }
  });
}
