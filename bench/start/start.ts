import { programCommand, runProgram, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { cpuMs } from "../process-usage.ts";
import { median, spread } from "../statistics.ts";

/** What it takes to start a program, beside a Node that starts and does nothing. */
export const START: Bench = { name: "start", run };

const RUNS = 21;

/** Something that is started again and again. */
interface Starter {
  readonly name: string;
  /** @returns the processor time that it took, in milliseconds */
  readonly once: (round: number) => Promise<number>;
}

async function run(): Promise<Finding> {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer("--log-level", "warn");
  const starters = startersIn(sandbox);
  const found = new Map<Starter, number[]>(starters.map((starter) => [starter, []]));
  // In the first, Node keeps what it compiled.
  for (let round = -1; round < RUNS; round++)
    for (const starter of starters) {
      const ms = await starter.once(round);
      if (round >= 0) found.get(starter)?.push(ms);
    }
  const [bare = []] = found.values();
  return {
    summary: `Processor time, user and system, of a whole run; of the server until it is ready. Median of ${RUNS} interleaved runs (least to most), compiled code kept.`,
    columns: ["what starts", "ms", "ratio"],
    rows: [...found].map(([{ name }, times]) => [
      name,
      spread(times, 0),
      (median(times) / median(bare)).toFixed(2),
    ]),
    notes: [],
  };
}

function startersIn(sandbox: Sandbox): readonly Starter[] {
  const ctl = programCommand("jamesd-ctl");
  const timed = (name: string, command: (round: number) => readonly string[]): Starter => ({
    name,
    once: (round) => timeOf(command(round), sandbox),
  });
  return [
    timed("bare Node", () => [process.execPath, "-e", "0"]),
    timed("jamesd-ctl --help", () => [...ctl, "--help"]),
    timed("jamesd-ctl list-systems", () => [...ctl, "list-systems"]),
    timed("pkitool --add-viewer", (round) => [...programCommand("pkitool"), "--add-viewer", `v${round + 1}`]),
    { name: "jamesd", once: () => serverTime() },
  ];
}

/** Of bash: time(1) tells hundredths of a second only. */
const TIME = 'TIMEFORMAT="%3U %3S"; time "$@" > /dev/null 2>&1';

async function timeOf(command: readonly string[], sandbox: Sandbox): Promise<number> {
  const options = { cwd: sandbox.dir, env: sandbox.ctlEnv("admin") };
  const { code, stderr } = await runProgram(["bash", "-c", TIME, "bash", ...command], options);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(" ").map(Number);
  return (user + system) * 1000;
}

async function serverTime(): Promise<number> {
  await using sandbox = await Sandbox.create();
  const server = await sandbox.startServer("--log-level", "warn");
  return cpuMs(server.pid);
}
