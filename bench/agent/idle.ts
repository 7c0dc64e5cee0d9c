import { setTimeout as sleep } from "node:timers/promises";
import { type Program, Sandbox, waitFor } from "@jamesd/testkit";
import { type Bench, type Finding, notMeasured } from "../bench.ts";
import { isConnected } from "../install/device-run.ts";
import { connectOperator } from "../operator.ts";
import { type Memory, treeCpuMs, treeMemory } from "../process-usage.ts";
import { median } from "../statistics.ts";
import { CountingProxy } from "../transfer/proxy.ts";
import { agentVariants, peers, starter, type Variant } from "./variants.ts";

/** What an agent takes that waits, beside a Node that waits and who else waits on devices. */
export const IDLE: Bench = { name: "agent-idle", run };

/** So many of each, at the same time. */
const COPIES = 3;
const IDLE_MINUTES = Number(process.env.JAMESD_IDLE_MINUTES ?? 10);
/** Until then it starts, and looks for drift for the first time. */
const SETTLE_SHARE = 0.2;
const WAIT = "setInterval(() => {}, 1e6)";
const MINUTES_A_DAY = 24 * 60;
const KB_A_MB = 1024;

/** One that waits. */
interface Waiting {
  readonly variant: Variant;
  readonly program: Program;
  readonly proxy: CountingProxy | undefined;
}

/** What one took. */
interface Idle extends Memory {
  readonly cpuMsAMinute: number;
  /** Undefined of who checks in nowhere. */
  readonly bytesADay: number | undefined;
}

async function run(): Promise<Finding> {
  const devices = Array.from({ length: 10 * COPIES }, (_, n) => `device-${n}`);
  await using sandbox = await Sandbox.create(devices);
  await sandbox.startServer("--log-level", "warn");
  const ours = await agentVariants(sandbox);
  const others = peers(sandbox);
  const waiting: Waiting[] = [];
  try {
    for (let copy = 0; copy < COPIES; copy++)
      for (const variant of [...ours.all, ...(copy === 0 ? others.all : [])])
        waiting.push(await begin(variant, devices[waiting.length] ?? "", sandbox));
    const found = await watch(waiting);
    return findingOf([...ours.all, ...others.all], found, [...ours.missing, ...others.missing]);
  } finally {
    for (const { program, proxy } of waiting) {
      await program.stop("SIGTERM");
      await proxy?.[Symbol.asyncDispose]();
    }
  }
}

async function begin(variant: Variant, device: string, sandbox: Sandbox): Promise<Waiting> {
  const start = await starter(variant, device);
  if (!isOurs(variant))
    return { variant, program: start(...(variant.kind === "bare" ? ["-e", WAIT] : [])), proxy: undefined };
  const proxy = await CountingProxy.start(sandbox.port);
  const program = start(...sandbox.agentFlags(device, []), "--addr", proxy.address);
  const operator = connectOperator(sandbox);
  await waitFor(`${device}, ${variant.name}, to check in: ${program.stderr}`, () =>
    isConnected(operator, device),
  );
  operator.close();
  return { variant, program, proxy };
}

async function watch(waiting: readonly Waiting[]): Promise<ReadonlyMap<Variant, readonly Idle[]>> {
  await sleep(IDLE_MINUTES * SETTLE_SHARE * 60_000);
  const minutes = IDLE_MINUTES * (1 - SETTLE_SHARE);
  const before = waiting.map(({ program, proxy }) => ({
    cpu: treeCpuMs(program.pid),
    bytes: bytesOf(proxy),
  }));
  await sleep(minutes * 60_000);
  const found = new Map<Variant, Idle[]>();
  for (const [n, { variant, program, proxy }] of waiting.entries()) {
    if (!program.isRunning) throw new Error(`${variant.name} ended: ${program.stdout}${program.stderr}`);
    const { cpu = 0, bytes = 0 } = before[n] ?? {};
    const one = {
      ...treeMemory(program.pid),
      cpuMsAMinute: (treeCpuMs(program.pid) - cpu) / minutes,
      bytesADay: proxy && ((bytesOf(proxy) - bytes) / minutes) * MINUTES_A_DAY,
    };
    found.set(variant, [...(found.get(variant) ?? []), one]);
  }
  return found;
}

function isOurs({ kind }: Variant): boolean {
  return kind === "agent" || kind === "waiter";
}

function bytesOf(proxy: CountingProxy | undefined): number {
  return proxy ? proxy.traffic.up + proxy.traffic.down : 0;
}

function findingOf(
  variants: readonly Variant[],
  found: ReadonlyMap<Variant, readonly Idle[]>,
  missing: readonly string[],
): Finding {
  const middle = (variant: Variant | undefined, of: (one: Idle) => number): number =>
    median((variant ? (found.get(variant) ?? []) : []).map(of));
  const mb = (kb: number): string => (kb / KB_A_MB).toFixed(1);
  const more = (kb: number): string => `${kb < 0 ? "" : "+"}${mb(kb)}`;
  return {
    summary: `After ${IDLE_MINUTES} minutes without anything to do, a check-in held at the default interval; ${COPIES} of each at the same time, each with a Node of its own, of peers one; medians. What has several processes is their sum. CPU and bytes are those after the first ${IDLE_MINUTES * SETTLE_SHARE} minutes.`,
    columns: [
      ...["what waits", "resident MB", "to bare", "PSS MB", "private MB", "anonymous MB", "to bare"],
      ...["CPU ms a minute", "bytes a day"],
    ],
    rows: variants.map((variant) => {
      const bare = variants.find(({ name }) => name === variant.beside);
      const beside = (of: (one: Idle) => number): string =>
        bare ? more(middle(variant, of) - middle(bare, of)) : "";
      return [
        variant.name,
        mb(middle(variant, ({ resident }) => resident)),
        beside(({ resident }) => resident),
        mb(middle(variant, ({ proportional }) => proportional)),
        mb(middle(variant, ({ own }) => own)),
        mb(middle(variant, ({ anonymous }) => anonymous)),
        beside(({ anonymous }) => anonymous),
        middle(variant, ({ cpuMsAMinute }) => cpuMsAMinute).toFixed(1),
        isOurs(variant) ? middle(variant, ({ bytesADay = 0 }) => bytesADay).toFixed(0) : "",
      ];
    }),
    notes: [
      "anonymous: what is in no file. The rest the system takes back when it is short of memory, and reads again from the file.",
      "bytes a day: both directions of the TCP connection, TLS included.",
      "A peer has no server that answers.",
      ...notMeasured(missing),
    ],
  };
}
