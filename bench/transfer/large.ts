import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { cached, keep, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { timed } from "../install/command.ts";
import { halfCompressible } from "../install/content.ts";
import { installOn } from "../install/device-run.ts";
import { compareTrees, settle } from "../install/floor.ts";
import { connectOperator } from "../operator.ts";
import { peakResidentKb } from "../process-usage.ts";

/** An archive of several GB: the memory of server and agent beside that for one of a fortieth. */
export const LARGE: Bench = { name: "transfer-large", run };

const PIECE_BYTES = 112_500_000;
/** The large file is longer than 4 GiB, which 32 bits no longer count. */
const SIZES = [
  { title: "one file of 0.11 GB", pieces: 1 },
  { title: "one file of 4.5 GB", pieces: 40 },
] as const;

async function run(): Promise<Finding> {
  const rows: (readonly string[])[] = [];
  for (const size of SIZES) rows.push(await row(size));
  return {
    summary:
      "One large file, half of which compresses away, in a tar.zst: `add-packet` to an empty server, then a device from `set-desired-state` to in sync. Peaks are of each process's whole life.",
    columns: ["packet", "add-packet s", "MB/s", "server peak MB", "install s", "MB/s", "agent peak MB"],
    rows,
    notes: ["The installed file was compared with the original: the same bytes."],
  };
}

async function row({ title, pieces }: (typeof SIZES)[number]): Promise<readonly string[]> {
  const tree = await makeTree(pieces);
  const archive = await keep(cached("large", `${pieces}.tar.zst`), (part) =>
    timed("sh", "-c", 'tar -cf - -C "$0" . | zstd -q -3 -o "$1"', tree, part),
  );
  await using sandbox = await Sandbox.create(["device"]);
  const server = await sandbox.startServer("--log-level", "warn");
  const operator = connectOperator(sandbox);
  await settle(sandbox.dir);
  const started = performance.now();
  await sandbox.ctlOk("add-packet", "--name", "large", "--data", archive, "--tags", "v1");
  const addSeconds = (performance.now() - started) / 1000;
  await settle(sandbox.dir);
  const { seconds, agentPeakMb } = await installOn("device", "large", sandbox, server, operator);
  operator.close();
  await compareTrees(tree, sandbox.root("device"));
  const rate = (took: number): string => ((pieces * PIECE_BYTES) / 1e6 / took).toFixed(0);
  return [
    ...[title, addSeconds.toFixed(1), rate(addSeconds), (peakResidentKb(server.pid) / 1024).toFixed(0)],
    ...[seconds.toFixed(1), rate(seconds), agentPeakMb.toFixed(0)],
  ];
}

function makeTree(pieces: number): Promise<string> {
  return keep(cached("large", `${pieces}`), async (root) => {
    mkdirSync(join(root, "opt"), { recursive: true });
    await pipeline(Readable.from(content(pieces)), createWriteStream(join(root, "opt", "image")));
  });
}

function* content(pieces: number): Generator<Buffer> {
  for (let seed = 0; seed < pieces; seed++) yield halfCompressible(seed, PIECE_BYTES);
}
