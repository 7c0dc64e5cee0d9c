import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@jamesd/protocol";
import { type Program, type Sandbox, waitFor } from "@jamesd/testkit";
import { cpuMs, peakResidentKb } from "../process-usage.ts";

/** What one installation took. */
export interface DeviceRun {
  /** From sending set-desired-state until the server says that the device is in sync. */
  readonly seconds: number;
  /** The transaction alone, as the agent reports it. */
  readonly transactionSeconds: number;
  /** The part of it in which the device is neither old nor new: all that is put in its place, and made durable there. */
  readonly switchMs: number;
  readonly agentCpuSeconds: number;
  readonly serverCpuSeconds: number;
  readonly agentPeakMb: number;
}

const POLL_MS = 10;

/**
 * Gives a device an app, as its only one, with a fresh agent that already waits. More flags of the agent may be named,
 * and the app's one tag.
 */
export async function installOn(
  device: string,
  app: string,
  sandbox: Sandbox,
  server: Program,
  operator: Client,
  { tag = "v1", flags = [] }: { readonly tag?: string; readonly flags?: readonly string[] } = {},
): Promise<DeviceRun> {
  const agent = sandbox.startAgent(device, [], "--log-level", "info", ...flags);
  // Its own word: the server may still take the one before for it.
  await agent.says('"msg":"connected"');
  await waitFor(`${device} to check in`, () => isConnected(operator, device));
  const before = { agent: cpuMs(agent.pid), server: cpuMs(server.pid) };
  const started = performance.now();
  await operator.call("setDesiredState", {
    params: { id: device },
    body: { apps: [{ name: app, tags: [tag] }] },
  });
  const transactionMs = await untilInSync(operator, device);
  const seconds = (performance.now() - started) / 1000;
  const run = {
    seconds,
    transactionSeconds: transactionMs / 1000,
    switchMs: switchMsOf(agent.stderr),
    agentCpuSeconds: (cpuMs(agent.pid) - before.agent) / 1000,
    serverCpuSeconds: (cpuMs(server.pid) - before.server) / 1000,
    agentPeakMb: peakResidentKb(agent.pid) / 1024,
  };
  await agent.stop();
  return run;
}

/** Undefined while it is not. */
export async function isConnected(operator: Client, id: string): Promise<true | undefined> {
  const devices = await operator.call("listDevices");
  return devices.some((device) => device.id === id && device.connected) || undefined;
}

/** Waits until a device is in sync. @returns milliseconds of its transaction @throws Error when it cannot be */
export async function untilInSync(operator: Client, id: string): Promise<number> {
  for (;;) {
    const { sync, problem, transaction } = await operator.call("getDevice", { params: { id } });
    if (sync === "in-sync") return transaction?.durationMs ?? 0;
    if (sync !== "pending") throw new Error(`${id} is ${sync}: ${problem?.message ?? "no reason given"}`);
    await sleep(POLL_MS);
  }
}

// As the agent's log tells it: the device answers in sync only after that line.
function switchMsOf(log: string): number {
  const line = log.split("\n").find((one) => one.includes('"msg":"switched"'));
  if (line === undefined) throw new Error(`the agent does not say how long the switch took: ${log}`);
  return (JSON.parse(line) as { readonly durationMs: number }).durationMs;
}
