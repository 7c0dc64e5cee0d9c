import { setTimeout as sleep } from "node:timers/promises";
import { type Program, Sandbox } from "@jamesd/testkit";
import { type Bench, type Finding, notMeasured } from "../bench.ts";
import { median, spread } from "../statistics.ts";
import { agentVariants, starter, type Variant } from "./variants.ts";

/** How long an agent takes from its start to its first answer, beside a Node that starts and does nothing. */
export const START: Bench = { name: "agent-start", run };

const RUNS = 7;
const LOOK_MS = 1;

async function run(): Promise<Finding> {
  await using sandbox = await Sandbox.create(Array.from({ length: 8 }, (_, n) => `device-${n}`));
  await sandbox.startServer("--log-level", "warn");
  const { all, missing } = await agentVariants(sandbox);
  const found = new Map<Variant, number[]>(all.map((variant) => [variant, []]));
  // The first is of files that were only just copied.
  for (let round = -1; round < RUNS; round++)
    for (const [n, variant] of all.entries()) {
      const seconds = await once(variant, `device-${n}`, sandbox);
      if (round >= 0) found.get(variant)?.push(seconds);
    }
  const timesOf = (name: string | undefined): readonly number[] =>
    found.get(all.find((one) => one.name === name) as Variant) ?? [];
  return {
    summary: `From the start of the process to the first answer of the server; of a bare Node, of a program that does nothing, to its end. Median of ${RUNS} interleaved runs (least to most).`,
    columns: ["what starts", "s", "ratio"],
    rows: all.map(({ name, beside }) => [
      name,
      spread(timesOf(name), 3),
      beside === undefined ? "1.00" : (median(timesOf(name)) / median(timesOf(beside))).toFixed(2),
    ]),
    notes: notMeasured(missing),
  };
}

async function once(variant: Variant, device: string, sandbox: Sandbox): Promise<number> {
  const isBare = variant.kind === "bare";
  const flags = isBare ? ["-e", "0"] : sandbox.agentFlags(device, []);
  const start = await starter(variant, device);
  const started = performance.now();
  const program = start(...flags);
  await (isBare ? program.ended : until(program, "connected"));
  const seconds = (performance.now() - started) / 1000;
  await program.stop();
  return seconds;
}

async function until(program: Program, text: string): Promise<void> {
  while (!program.stderr.includes(text)) {
    if (!program.isRunning) throw new Error(`it ended: ${program.stderr}`);
    await sleep(LOOK_MS);
  }
}
