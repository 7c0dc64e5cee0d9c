import type { Sandbox } from "@jamesd/testkit";
import { devicesOf } from "../checkin/devices.ts";
import { startBeside, startJamesd } from "../checkin/servers.ts";
import { putInSync, runOnce } from "../checkin/unchanged.ts";
import { openSandbox } from "../kept-devices.ts";
import { connectOperator, fleetOperator } from "../operator.ts";
import { spread } from "../statistics.ts";

const CONNECTIONS = 64;
const RUNS = 7;
const PACKET_BYTES = 1000;

/** Unchanged check-ins beside a rollout that waits to be approved, and without one: lines for people. */
export async function measureCheckins(): Promise<readonly string[]> {
  await using sandbox = await openSandbox();
  // The last one is the canary, and does not ask.
  const devices = await devicesOf(sandbox, CONNECTIONS + 1);
  const servers = [await startJamesd(sandbox), await startBeside(sandbox, "jamesd with a rollout")];
  const [without = [], with_ = []] = [[], []] as number[][];
  try {
    for (const server of servers) await putInSync(server, sandbox, devices);
    await spreadBeside(sandbox, servers[1]?.port ?? 0, devices.at(-1)?.id ?? "");
    const asking = devices.slice(0, CONNECTIONS);
    for (let run = 0; run < RUNS; run += 1)
      for (const server of run % 2 === 0 ? servers : servers.toReversed()) {
        const { requests, serverCpuMs } = await runOnce(server, sandbox, asking);
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
