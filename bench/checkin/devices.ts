import type { Sandbox } from "@jamesd/testkit";
import { identitiesIn } from "../kept-devices.ts";
import type { DeviceCredentials } from "./job.ts";

/** So many devices, as the load generator is told of them. */
export async function devicesOf(sandbox: Sandbox, count: number): Promise<readonly DeviceCredentials[]> {
  const identities = await identitiesIn(sandbox, count);
  return [...identities].map(([id, { cert, key }]) => ({ id, cert, key }));
}
