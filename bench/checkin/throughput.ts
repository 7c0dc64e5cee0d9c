import type { Sandbox } from "@jamesd/testkit";
import { notMeasured } from "../bench.ts";
import { median, spread } from "../statistics.ts";
import { devicesOf } from "./devices.ts";
import type { LoadResult } from "./job.ts";
import { type Server, startJamesd, startOther, startPeer, startRevoking } from "./servers.ts";
import { putInSync, runOnce } from "./unchanged.ts";

/** So many connections, unless it is said how many. */
const CONNECTIONS = [64, 1000];
/** So often each is measured: more often where a run says less, as with few it does. */
const runsOf = (connections: number): number => (connections < 500 ? 5 : 3);
const REVOKED = 100_000;

/** Figures of one server, a value a run. */
interface Figures {
  readonly perSecond: number[];
  readonly cpuMicros: number[];
}

/** Columns of the rows that are measured here. */
export const COLUMNS = [
  "server",
  "connections",
  "requests a second",
  "ratio",
  "server CPU µs a request",
  "ratio",
  "of nginx",
];

/** Unchanged check-ins a second and processor time for each, beside the bare server and nginx: rows of a table, and notes. */
export async function measureThroughput(sandbox: Sandbox, loads: readonly number[] = CONNECTIONS) {
  const devices = await devicesOf(sandbox, Math.max(...loads));
  const jamesd = await startJamesd(sandbox);
  const revoking = await startRevoking(sandbox, REVOKED);
  const peer = await startPeer(sandbox, false);
  const nginx = await startOther(sandbox);
  const all = [jamesd, revoking, peer, ...(nginx ? [nginx] : [])];
  const rows: (readonly string[])[] = [];
  try {
    for (const server of [jamesd, revoking]) await putInSync(server, sandbox, devices);
    for (const connections of loads) {
      const some = devices.slice(0, connections);
      const figures = new Map<Server, Figures>();
      for (let run = 0; run < runsOf(connections); run++)
        for (const server of run % 2 === 0 ? all : all.toReversed())
          note(figures, server, await runOnce(server, sandbox, some));
      rows.push(...rowsOf(figures, { all, peer, nginx, connections }));
    }
  } finally {
    await Promise.all(all.map(({ program }) => program.stop()));
  }
  return { rows, notes: notMeasured(nginx ? [] : ["nginx (nginx-light)"]) };
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

interface Compared {
  readonly all: readonly Server[];
  readonly peer: Server;
  readonly nginx: Server | undefined;
  readonly connections: number;
}

function rowsOf(
  figures: ReadonlyMap<Server, Figures>,
  { all, peer, nginx, connections }: Compared,
): readonly (readonly string[])[] {
  const of = (server: Server): Figures => figures.get(server) ?? { perSecond: [], cpuMicros: [] };
  const base = of(peer);
  return all.map((server) => {
    const { perSecond, cpuMicros } = of(server);
    return [
      server.name,
      String(connections),
      spread(perSecond, 0),
      (median(perSecond) / median(base.perSecond)).toFixed(2),
      spread(cpuMicros, 1),
      (median(cpuMicros) / median(base.cpuMicros)).toFixed(2),
      nginx ? (median(of(nginx).cpuMicros) / median(cpuMicros)).toFixed(2) : "",
    ];
  });
}
