import type { Sandbox } from "@jamesd/testkit";
import { connectOperator } from "../operator.ts";
import { median, spread } from "../statistics.ts";
import { issueDevices } from "./devices.ts";
import type { DeviceCredentials, Limit, LoadResult } from "./job.ts";
import { resultOf, type Server, startJamesd, startLoad, startPeer, startRevoking } from "./servers.ts";

export const CONNECTIONS = 64;
export const RUNS = 15;
const REVOKED = 100_000;
const NONE: Limit = { requests: 0, seconds: 0 };
const WARM_UP: Limit = { requests: 10_000, seconds: 0.4 };
const MEASURED: Limit = { requests: 100_000, seconds: 1.5 };

/** Figures of one server, a value a run. */
interface Figures {
  readonly perSecond: number[];
  readonly cpuMicros: number[];
}

/** Unchanged check-ins a second and processor time for each, beside the bare server: rows of a table. */
export async function measureThroughput(sandbox: Sandbox): Promise<readonly (readonly string[])[]> {
  const devices = await issueDevices(sandbox, CONNECTIONS);
  const jamesd = await startJamesd(sandbox);
  const revoking = await startRevoking(sandbox, REVOKED);
  const peer = await startPeer(sandbox, false);
  const all = [jamesd, revoking, peer];
  const figures = new Map<Server, Figures>();
  try {
    for (const server of [jamesd, revoking]) await putInSync(server, sandbox, devices);
    for (let run = 0; run < RUNS; run++)
      for (const server of run % 2 === 0 ? all : all.toReversed())
        note(figures, server, await runOnce(server, sandbox, devices));
  } finally {
    await Promise.all(all.map(({ program }) => program.stop()));
  }
  return rows(figures, all, peer);
}

// As most of a fleet is: with a desired state that it has reached.
async function putInSync(
  server: Server,
  sandbox: Sandbox,
  devices: readonly DeviceCredentials[],
): Promise<void> {
  await resultOf(startLoad(server, sandbox, devices, { warmUp: NONE, measured: NONE, hold: false }));
  const client = connectOperator(sandbox, server.port);
  for (const { id } of devices) await client.call("setDesiredState", { params: { id }, body: { apps: [] } });
  client.close();
}

async function runOnce(
  server: Server,
  sandbox: Sandbox,
  devices: readonly DeviceCredentials[],
): Promise<LoadResult> {
  return resultOf(startLoad(server, sandbox, devices, { warmUp: WARM_UP, measured: MEASURED, hold: false }));
}

function note(
  figures: Map<Server, Figures>,
  server: Server,
  { requests, seconds, serverCpuMs }: LoadResult,
): void {
  const own = figures.get(server) ?? { perSecond: [], cpuMicros: [] };
  own.perSecond.push(requests / seconds);
  own.cpuMicros.push((serverCpuMs * 1000) / requests);
  figures.set(server, own);
}

function rows(
  figures: ReadonlyMap<Server, Figures>,
  servers: readonly Server[],
  peer: Server,
): readonly (readonly string[])[] {
  const of = (server: Server): Figures => figures.get(server) ?? { perSecond: [], cpuMicros: [] };
  const base = of(peer);
  return servers.map((server) => {
    const { perSecond, cpuMicros } = of(server);
    return [
      server.name,
      spread(perSecond, 0),
      (median(perSecond) / median(base.perSecond)).toFixed(2),
      spread(cpuMicros, 1),
      (median(cpuMicros) / median(base.cpuMicros)).toFixed(2),
    ];
  });
}
