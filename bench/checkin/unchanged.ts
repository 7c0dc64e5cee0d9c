import type { Sandbox } from "@jamesd/testkit";
import { connectOperator } from "../operator.ts";
import type { DeviceCredentials, Limit, LoadResult } from "./job.ts";
import { resultOf, type Server, startLoad } from "./servers.ts";

const NONE: Limit = { requests: 0, seconds: 0 };
const WARM_UP: Limit = { requests: 20_000, seconds: 3 };
const MEASURED: Limit = { requests: 100_000, seconds: 1.5 };

/** Has all report, and gives them a desired state that they have reached, as most of a fleet has: nothing. */
export async function putInSync(
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

/** Measures a server once, under unchanged check-ins of these. */
export function runOnce(
  server: Server,
  sandbox: Sandbox,
  devices: readonly DeviceCredentials[],
): Promise<LoadResult> {
  return resultOf(startLoad(server, sandbox, devices, { warmUp: WARM_UP, measured: MEASURED, hold: false }));
}
