import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "@jamesd/testkit";
import { residentKb } from "../process-usage.ts";
import { issueDevices } from "./devices.ts";
import type { DeviceCredentials } from "./job.ts";
import { type Server, startJamesd, startLoad, startPeer } from "./servers.ts";

const HELD = 1000;
const NONE = { requests: 0, seconds: 0 };
const SETTLE_MS = 3000;

/** What held check-ins cost a fresh server in memory, beside a bare server that never answers: lines of notes. */
export async function measureMemory(sandbox: Sandbox): Promise<readonly string[]> {
  const devices = await issueDevices(sandbox, HELD);
  const jamesd = await holdAll(await startJamesd(sandbox), sandbox, devices);
  const peer = await holdAll(await startPeer(sandbox, true), sandbox, devices);
  const line = (name: string, { before, after }: Resident): string =>
    `${name}: ${mb(before)} MB resident when idle, ${mb(after)} MB with ${HELD} held check-ins, ${((after - before) / HELD).toFixed(0)} KB for each`;
  return [line("jamesd", jamesd), line("bare node:https that never answers", peer)];
}

interface Resident {
  readonly before: number;
  readonly after: number;
}

async function holdAll(
  { program, ...server }: Server,
  sandbox: Sandbox,
  devices: readonly DeviceCredentials[],
): Promise<Resident> {
  await sleep(SETTLE_MS);
  const before = residentKb(program.pid);
  const work = { warmUp: NONE, measured: NONE, hold: true };
  const load = startLoad({ program, ...server }, sandbox, devices, work);
  try {
    await load.says("asked");
    await sleep(SETTLE_MS);
    // Had an answer come, nothing would be held and the figure would be of something else.
    if (!load.isRunning) throw new Error(`the load generator ended: ${load.stderr}`);
    return { before, after: residentKb(program.pid) };
  } finally {
    await load.stop("SIGKILL");
    await program.stop();
  }
}

function mb(kb: number): string {
  return (kb / 1024).toFixed(0);
}
