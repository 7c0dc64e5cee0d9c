import type { DocumentKey } from "@jamesd/model";
import type { Applied, DeviceInfo, PacketImpact } from "@jamesd/protocol";

/** What a command means for the fleet, known before it is done. */
export interface Meaning extends Partial<PacketImpact> {
  readonly devices: number;
  /** A device may have been counted several times. */
  readonly isBound?: boolean;
  /** The documents, packets and devices that go away, as people call them. */
  readonly gone?: readonly string[];
  /** The command line names each of these. */
  readonly isNamed?: boolean;
  /** Of a change that spreads in waves: how many devices each admits. */
  readonly waves?: readonly number[] | undefined;
}

/** What changes each of these devices means. */
export function meaningOfDevices(devices: readonly Pick<DeviceInfo, "id" | "connected">[]): Meaning {
  return {
    devices: devices.length,
    connected: devices.filter(({ connected }) => connected).length,
    unsatisfiable: 0,
    ids: devices.map(({ id }) => id),
  };
}

/** What several packets mean, each by itself. */
export function sumImpacts(impacts: readonly PacketImpact[]): Meaning {
  const sum = (key: "devices" | "connected" | "unsatisfiable"): number =>
    impacts.reduce((total, impact) => total + impact[key], 0);
  return {
    devices: sum("devices"),
    connected: sum("connected"),
    unsatisfiable: sum("unsatisfiable"),
    ids: [...new Set(impacts.flatMap(({ ids }) => ids))],
    isBound: impacts.filter(({ devices }) => devices > 0).length > 1,
  };
}

/** A document as people call it. */
export function calledDocument({ kind, id }: DocumentKey): string {
  return kind === "spec" ? `the spec ${id}` : `the desired state of ${id}`;
}

/** What a change of documents means, as its dry run says. */
export function meaningOf({ documents, impact, waves }: Applied, isNamed: boolean): Meaning {
  const { devices, connected, unsatisfiable, groups } = impact;
  const gone = documents.filter(({ action }) => action === "removed").map(calledDocument);
  const ids = groups.flatMap((group) => group.ids);
  return { devices, connected, unsatisfiable, ids, gone, isNamed, waves: waves?.map((wave) => wave.devices) };
}
