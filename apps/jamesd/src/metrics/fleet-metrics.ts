import type { FleetCensus } from "../fleet/fleet-census.ts";
import type { Families, Readings } from "./family.ts";

/** How the devices are. */
export const FLEET_FAMILIES = {
  jamesd_devices: {
    type: "gauge",
    help: "known devices by how each stands to what it should have",
    labels: ["sync"],
  },
  jamesd_devices_connected: {
    type: "gauge",
    help: "devices that hold a check-in, or did not long ago",
    labels: [],
  },
  jamesd_devices_drifted: {
    type: "gauge",
    help: "devices that say that something is not as their packets have it",
    labels: [],
  },
} as const satisfies Families;

/** Reads them. */
export function fleetReadings(census: FleetCensus): Readings<typeof FLEET_FAMILIES> {
  return {
    jamesd_devices: async () =>
      Object.entries((await census.counts()).sync).map(([sync, value]) => ({ labels: { sync }, value })),
    jamesd_devices_connected: async () => (await census.counts()).connected,
    jamesd_devices_drifted: async () => (await census.counts()).drifted,
  };
}
