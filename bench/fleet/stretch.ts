import { setTimeout as sleep } from "node:timers/promises";
import type { Operator } from "@jamesd/simulation";
import { cpuMs } from "../process-usage.ts";

const LOOK_EVERY_MS = 50;

/** What a stretch of time cost. */
export interface Stretch {
  readonly what: string;
  readonly seconds: number;
  /** Processor time of the server, in seconds. */
  readonly serverCpu: number;
  /** Processor time of the devices, in seconds. */
  readonly ownCpu: number;
  /** How long small questions of an operator took meanwhile, in milliseconds. */
  readonly asked: readonly number[];
}

/** What is measured. */
export interface Measured {
  readonly what: string;
  readonly begin: () => unknown;
  readonly isOver: () => boolean;
  /** The process of the server, which may be another one at the end: then only that one's time counts. */
  readonly server: () => number;
  /** Asks small questions meanwhile, one after the other. */
  readonly operator: Operator;
}

/** Measures from a beginning to an end. */
export async function measureUntil({ what, begin, isOver, server, operator }: Measured): Promise<Stretch> {
  await operator.askMs();
  const [started, before, first] = [performance.now(), process.cpuUsage(), server()];
  const cpu = cpuMs(first);
  const asked: number[] = [];
  const asking = new AbortController();
  const working = begin();
  const asker = askUntil(asking.signal, operator, asked);
  await working;
  while (!isOver()) await sleep(LOOK_EVERY_MS);
  const seconds = (performance.now() - started) / 1000;
  console.error(`${what}: ${seconds.toFixed(1)} s`);
  asking.abort();
  await asker;
  const { user, system } = process.cpuUsage(before);
  const serverCpu = (cpuMs(server()) - (server() === first ? cpu : 0)) / 1000;
  return { what, seconds, serverCpu, ownCpu: (user + system) / 1e6, asked };
}

async function askUntil(signal: AbortSignal, operator: Operator, asked: number[]): Promise<void> {
  while (!signal.aborted) {
    // While the server is down there is no answer, which is no slow one.
    const ms = await operator.askMs().catch(() => undefined);
    if (ms !== undefined) asked.push(ms);
    await sleep(LOOK_EVERY_MS);
  }
}
