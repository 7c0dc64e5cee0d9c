import { setTimeout as sleep } from "node:timers/promises";
import type { Operator } from "@jamesd/simulation";
import type { Program, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { openSandbox } from "../kept-devices.ts";
import { fleetOperator } from "../operator.ts";
import { cpuMs, residentKb } from "../process-usage.ts";
import { quantile } from "../statistics.ts";
import { devicesOf } from "./devices.ts";
import type { DeviceCredentials } from "./job.ts";
import { allowConnections } from "./open-files.ts";
import { type Server, startJamesd, startLoad, startPeer } from "./servers.ts";

const COUNTS = [1000, 5000, 10_000, 20_000];
const NONE = { requests: 0, seconds: 0 };
/** A server that was started has done what it does first. */
const START_MS = 5000;
/** By then V8 has collected what they left, and given back what it needed while they came: by itself it begins 8 to 25 seconds after the last. */
const SETTLE_MS = 30_000;
const IDLE_MS = 15_000;
/** Longer is not waited for devices that connect, or are woken. */
const HUNG_MS = 600_000;
const PACKET_BYTES = 2000;

/** What held check-ins cost, and how long it takes to wake them all. */
export const CHECKIN_HELD: Bench = { name: "checkin-held", run };

/** What was found of so many held check-ins. */
interface Held {
  /** For each, resident. */
  readonly kb: number;
  /** Of a core, while nothing happens, in percent. */
  readonly idle: number;
}

/** How all were woken. */
interface Woken {
  readonly seconds: number;
  /** How long small questions of an operator took meanwhile, in milliseconds. */
  readonly asked: readonly number[];
}

async function run({ devices }: { readonly devices?: number }): Promise<Finding> {
  const wanted = devices === undefined ? COUNTS : [devices];
  const most = allowConnections(Math.max(...wanted));
  const counts = new Set(wanted.map((count) => Math.min(count, most)));
  const rows: (readonly string[])[] = [];
  for (const count of counts) rows.push(await measure(count));
  return {
    summary:
      "Check-ins that the server holds, each over its own connection with mutual TLS, beside a bare node:https server that never answers; then all are woken by one change and get their plans, while an operator asks small questions one after the other.",
    columns: [
      "held",
      "KB each",
      "bare KB each",
      "ratio",
      "idle CPU % of a core",
      "all woken s",
      "questions p99 ms",
      "slowest ms",
    ],
    rows,
    named: 1,
    notes: wanted
      .filter((count) => count > most)
      .map((count) => `${most} in place of ${count}: a process may have no more connections here.`),
  };
}

async function measure(count: number): Promise<readonly string[]> {
  await using sandbox = await openSandbox();
  const devices = await devicesOf(sandbox, count);
  const server = await startJamesd(sandbox);
  await withOperator(sandbox, (operator) => operator.addVersion(1, PACKET_BYTES));
  let woken: Woken | undefined;
  const jamesd = await hold(server, sandbox, devices, async (load) => {
    woken = await withOperator(sandbox, (operator) => wakeAll(load, operator));
  });
  const bare = await hold(await startPeer(sandbox, true), sandbox, devices);
  const { seconds = Number.NaN, asked = [] } = woken ?? {};
  const figures = [seconds.toFixed(2), quantile(asked, 0.99).toFixed(0), Math.max(...asked).toFixed(0)];
  return [
    String(count),
    ...[jamesd.kb.toFixed(1), bare.kb.toFixed(1), (jamesd.kb / bare.kb).toFixed(2)],
    jamesd.idle.toFixed(2),
    ...figures,
  ];
}

/** Has a server hold them, and ends it. */
async function hold(
  { program, ...server }: Server,
  sandbox: Sandbox,
  devices: readonly DeviceCredentials[],
  then?: (load: Program) => Promise<void>,
): Promise<Held> {
  await sleep(START_MS);
  const before = residentKb(program.pid);
  const load = startLoad({ program, ...server }, sandbox, devices, {
    warmUp: NONE,
    measured: NONE,
    hold: true,
  });
  try {
    await load.says("asked", HUNG_MS);
    await sleep(SETTLE_MS);
    const cpu = cpuMs(program.pid);
    await sleep(IDLE_MS);
    const idle = ((cpuMs(program.pid) - cpu) / IDLE_MS) * 100;
    // Had an answer come, nothing would be held and the figure would be of something else.
    if (!load.isRunning) throw new Error(`the load generator ended: ${load.stderr}`);
    const kb = (residentKb(program.pid) - before) / devices.length;
    await then?.(load);
    return { kb, idle };
  } finally {
    await load.stop("SIGKILL");
    await program.stop("SIGKILL");
  }
}

async function wakeAll(load: Program, operator: Operator): Promise<Woken> {
  const asked: number[] = [];
  const over = new AbortController();
  const started = performance.now();
  const asking = ask(over.signal, operator, asked);
  await operator.want(1);
  await load.says("woken", HUNG_MS);
  const seconds = (performance.now() - started) / 1000;
  over.abort();
  await asking;
  return { seconds, asked };
}

async function ask(signal: AbortSignal, operator: Operator, asked: number[]): Promise<void> {
  while (!signal.aborted) {
    // One that breaks off says that the rest has failed, which is told by that.
    const ms = await operator.askMs().catch(() => undefined);
    if (ms === undefined) return;
    asked.push(ms);
  }
}

/** An operator over a connection of its own: one that had been idle for long might end just now. */
async function withOperator<T>(sandbox: Sandbox, work: (operator: Operator) => Promise<T>): Promise<T> {
  const operator = fleetOperator(sandbox);
  try {
    await operator.askMs();
    return await work(operator);
  } finally {
    operator.close();
  }
}
