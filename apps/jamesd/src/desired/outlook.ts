import type { JamesError, Step } from "@jamesd/model";
import { type Device, haltOf, type KnownDevice, targetError } from "../fleet/device.ts";
import type { KnownFleet } from "../fleet/fleet.ts";
import type { Target } from "../fleet/target.ts";

/** What a device would do for a target: its steps, or why it does not get it. */
export type Outlook =
  | { readonly problem: JamesError; readonly steps: readonly [] }
  | { readonly problem: undefined; readonly steps: readonly Step[] };

/** Looks ahead for one device. @throws JamesError STORE_CORRUPT */
export async function outlook(device: KnownDevice, target: Target, fleet: KnownFleet): Promise<Outlook> {
  const problem = haltOf(device, target) ?? (await impossible(device, target, fleet));
  return problem ? { problem, steps: [] } : { problem, steps: fleet.targets.steps(device, target) };
}

/** Why a device cannot have a target; undefined when it can. @throws JamesError STORE_CORRUPT */
export async function impossible(
  device: Device,
  target: Target,
  fleet: KnownFleet,
): Promise<JamesError | undefined> {
  return targetError(device, target) ?? (await fleet.targets.paths.check(target)) ?? undefined;
}
