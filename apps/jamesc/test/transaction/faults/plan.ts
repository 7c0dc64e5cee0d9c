import "./calls.ts";
import type { Digest } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import type { Device } from "../../../src/transaction/index.ts";
import { NEVER, planFor, reinstallOf, repairOf } from "../fixture.ts";
import type { Scenario } from "./scenario.ts";

/** Carries out the plan to these packets, unless the device has them. */
export async function bringTo(
  device: Device,
  wanted: Scenario["wanted"],
  { shelf }: Pick<Scenario, "shelf">,
): Promise<Transaction | undefined> {
  if (digests(device.installed) === digests(wanted)) return undefined;
  return device.carryOut(planFor(device.installed, wanted, shelf, 2), shelf, NEVER);
}

/** The revision of a repair. */
export const REPAIRED = 3;

/** Has the device put right what it has, or install an app of it again, unless it has done that. */
export async function putRight(
  device: Device,
  { shelf, again }: Pick<Scenario, "shelf" | "again">,
): Promise<Transaction | undefined> {
  if (device.revision === REPAIRED) return undefined;
  if (again !== undefined)
    return device.carryOut(reinstallOf(device.installed, again, shelf, REPAIRED), shelf, NEVER);
  return device.carryOut(repairOf(device.installed, { revision: REPAIRED }), shelf, NEVER);
}

/** What names a list of apps or packets. */
export function digests(apps: readonly { readonly digest: Digest }[]): string {
  return apps.map(({ digest }) => digest).join();
}

/** True for a call that makes something durable. */
export function isSync(call: string): boolean {
  return /^f(data)?sync|\.(data)?sync$/.test(call);
}
