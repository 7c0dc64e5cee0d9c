import type { Sandbox } from "@jamesd/testkit";
import { devicesOf } from "../checkin/devices.ts";
import type { DeviceCredentials } from "../checkin/job.ts";
import { resultOf, type Server, startBeside, startJamesd, startLoad } from "../checkin/servers.ts";
import { openSandbox } from "../kept-devices.ts";
import { connectOperator, fleetOperator } from "../operator.ts";
import { spread } from "../statistics.ts";

const CONNECTIONS = 64;
const RUNS = 7;
const PACKET_BYTES = 1000;
const NONE = { requests: 0, seconds: 0 };
const WARM_UP = { requests: 20_000, seconds: 3 };
const MEASURED = { requests: 100_000, seconds: 1.5 };

/** Unchanged check-ins beside a rollout that waits to be approved, and without one: lines for people. */
export async function measureCheckins(): Promise<readonly string[]> {
  await using sandbox = await openSandbox();
  // The last one is the canary, and does not ask.
  const devices = await devicesOf(sandbox, CONNECTIONS + 1);
  const servers = [await startJamesd(sandbox), await startBeside(sandbox, "jamesd with a rollout")];
  const [without = [], with_ = []] = [[], []] as number[][];
  try {
    for (const server of servers) await settle(server, sandbox, devices);
    await spreadBeside(sandbox, servers[1]?.port ?? 0, devices.at(-1)?.id ?? "");
    const asking = devices.slice(0, CONNECTIONS);
    for (let run = 0; run < RUNS; run += 1)
      for (const server of run % 2 === 0 ? servers : servers.toReversed()) {
        const limits = { warmUp: WARM_UP, measured: MEASURED, hold: false };
        const { requests, serverCpuMs } = await resultOf(startLoad(server, sandbox, asking, limits));
        (server === servers[0] ? without : with_).push((serverCpuMs * 1000) / requests);
      }
  } finally {
    await Promise.all(servers.map(({ program }) => program.stop()));
  }
  // Whatever else the machine does only ever adds to it.
  const ratio = (Math.min(...with_) / Math.min(...without)).toFixed(2);
  const figures = `${spread(with_, 1)} and ${spread(without, 1)} µs of the server's processor time`;
  return [
    `an unchanged check-in with a live rollout beside one without: ${figures}, ratio of the least ${ratio}`,
  ];
}

/** All have reported, and have what is wanted: nothing. */
async function settle(
  server: Server,
  sandbox: Sandbox,
  devices: readonly DeviceCredentials[],
): Promise<void> {
  await resultOf(startLoad(server, sandbox, devices, { warmUp: NONE, measured: NONE, hold: false }));
  const client = connectOperator(sandbox, server.port);
  const documents = [{ kind: "spec" as const, id: "all", selector: [], apps: [], policy: {} }];
  await client.call("apply", { body: { documents } });
  client.close();
}

/** A rollout of which one device has the first wave, and all others wait. */
async function spreadBeside(sandbox: Sandbox, port: number, canary: string): Promise<void> {
  const client = connectOperator(sandbox, port);
  await client.call("tagDevice", { params: { id: canary }, body: { add: ["canary"] } });
  client.close();
  const operator = fleetOperator(sandbox, port);
  await operator.addVersion(1, PACKET_BYTES);
  await operator.spread(1, { waves: ["tag:canary"] });
  operator.close();
}
