import { BUILD_FAMILIES } from "./build-metrics.ts";
import { CERTIFICATE_FAMILIES, type CertificateSources, certificateReadings } from "./certificate-metrics.ts";
import type { Families } from "./family.ts";
import { FleetCensus, type FleetCensusParts } from "./fleet-census.ts";
import { FLEET_FAMILIES, fleetReadings } from "./fleet-metrics.ts";
import type { Scrape } from "./scrape.ts";

/** Every metric of jamesd, besides what Node and the process tell of themselves. */
export const ALL_FAMILIES: Families = { ...BUILD_FAMILIES, ...FLEET_FAMILIES, ...CERTIFICATE_FAMILIES };

/** What metrics are read from. */
export interface MetricSources extends Omit<CertificateSources, "census"> {
  readonly fleet: Omit<FleetCensusParts, "now">;
  readonly now: () => number;
}

/** Has all told that there is to know of a server that is loaded. */
export function addAllMetrics(scrape: Scrape, { fleet, now, ...sources }: MetricSources): void {
  const census = new FleetCensus({ ...fleet, now });
  scrape.add(FLEET_FAMILIES, fleetReadings(census));
  scrape.add(CERTIFICATE_FAMILIES, certificateReadings({ ...sources, census }));
}
