import type { DocumentChange } from "@jamesd/model";
import { concernedBy } from "../fleet/concerned.ts";
import { type KnownDevice, resolvable } from "../fleet/device.ts";
import type { KnownFleet } from "../fleet/fleet.ts";
import type { Resolver } from "../fleet/resolver.ts";
import type { Target } from "../fleet/target.ts";

/** A device that changed documents are about: what it should have before and after. */
export interface Affected {
  readonly device: KnownDevice;
  readonly before: Target | undefined;
  readonly after: Target | undefined;
}

/** The devices that changes are about; `resolver` goes by the documents after them. */
export function affectedBy(
  changes: readonly DocumentChange[],
  fleet: KnownFleet,
  resolver: Resolver,
): readonly Affected[] {
  return [...concernedBy(changes, fleet.targets.documents, fleet.devices)].map((device) => ({
    device,
    before: device.target,
    after: resolver.target(resolvable(device)),
  }));
}
