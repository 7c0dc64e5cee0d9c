import type { Fleet } from "../fleet/fleet.ts";
import type { Bounds } from "../http/bounds.ts";
import type { Families, Readings } from "./family.ts";

/** How devices ask. */
export const CHECKIN_FAMILIES = {
  jamesd_checkins_total: { type: "counter", help: "check-ins that were taken in", labels: [] },
  jamesd_checkins_held: { type: "gauge", help: "check-ins that wait for their answer", labels: [] },
  jamesd_checkins_held_limit: {
    type: "gauge",
    help: "so many may (--max-held)",
    labels: [],
  },
  jamesd_checkins_not_held_total: {
    type: "counter",
    help: "check-ins for which there was no room to be held; the device was told when to ask again",
    labels: [],
  },
  jamesd_reports_total: {
    type: "counter",
    help: "reports that said something new, and were written down",
    labels: [],
  },
  jamesd_plans_total: { type: "counter", help: "plans that devices were sent", labels: [] },
  jamesd_fleet_memory_bytes: {
    type: "gauge",
    help: "memory for what is kept of every known device, connected or not",
    labels: [],
  },
  jamesd_connections_refused_total: {
    type: "counter",
    help: "connections that were refused or ended: without a certificate that counts, locked out, or too many",
    labels: [],
  },
} as const satisfies Families;

/** What these are read from. */
export interface CheckinSources {
  readonly fleet: Pick<Fleet, "devices" | "holding" | "checkIns">;
  readonly bounds: Pick<Bounds, "refusals">;
}

/** Reads them. */
export function checkinReadings({ fleet, bounds }: CheckinSources): Readings<typeof CHECKIN_FAMILIES> {
  const { devices, holding, checkIns } = fleet;
  return {
    jamesd_checkins_total: () => checkIns.counts.checkIns,
    jamesd_checkins_held: () => holding.held,
    jamesd_checkins_held_limit: () => holding.most,
    jamesd_checkins_not_held_total: () => holding.notHeld,
    jamesd_reports_total: () => checkIns.counts.reports,
    jamesd_plans_total: () => checkIns.counts.plans,
    jamesd_fleet_memory_bytes: () => devices.bytes,
    jamesd_connections_refused_total: () => bounds.refusals.count,
  };
}
