import type { Fleet } from "../fleet/fleet.ts";
import type { EventStore } from "../repository/event-store.ts";
import { BUILD_FAMILIES } from "./build-metrics.ts";
import { CERTIFICATE_FAMILIES, type CertificateSources, certificateReadings } from "./certificate-metrics.ts";
import { CHECKIN_FAMILIES, type CheckinSources, checkinReadings } from "./checkin-metrics.ts";
import { EVENT_FAMILIES, eventReadings } from "./event-metrics.ts";
import { EventTally } from "./event-tally.ts";
import type { Families } from "./family.ts";
import { FLEET_FAMILIES, fleetReadings } from "./fleet-metrics.ts";
import { QUEUE_FAMILIES, type QueueSources, queueReadings } from "./queue-metrics.ts";
import { REQUEST_FAMILIES } from "./request-metrics.ts";
import { ROLLOUT_FAMILIES, rolloutReadings } from "./rollout-metrics.ts";
import type { Scrape } from "./scrape.ts";
import { STORAGE_FAMILIES, storageReadings } from "./storage-metrics.ts";
import { type Told, WEBHOOK_FAMILIES, webhookReadings } from "./webhook-metrics.ts";

/** Every metric of jamesd, besides what Node and the process tell of themselves. */
export const ALL_FAMILIES: Families = {
  ...BUILD_FAMILIES,
  ...FLEET_FAMILIES,
  ...ROLLOUT_FAMILIES,
  ...CHECKIN_FAMILIES,
  ...EVENT_FAMILIES,
  ...REQUEST_FAMILIES,
  ...QUEUE_FAMILIES,
  ...STORAGE_FAMILIES,
  ...CERTIFICATE_FAMILIES,
  ...WEBHOOK_FAMILIES,
};

/** What metrics are read from. */
export interface MetricSources extends Omit<CertificateSources, "census">, QueueSources {
  readonly fleet: Pick<Fleet, "census"> & CheckinSources["fleet"];
  readonly bounds: QueueSources["bounds"] & CheckinSources["bounds"];
  readonly events: Pick<EventStore, "page">;
  /** The data folder. */
  readonly data: string;
  readonly webhooks: readonly Told[];
  readonly progress: Parameters<typeof rolloutReadings>[0];
}

/** Has all told that there is to know of a server that is loaded; of its requests whoever counts them tells. */
export function addAllMetrics(scrape: Scrape, sources: MetricSources): void {
  const { fleet, now, events, data, webhooks, progress } = sources;
  const { census } = fleet;
  scrape.add(FLEET_FAMILIES, fleetReadings(census));
  scrape.add(ROLLOUT_FAMILIES, rolloutReadings(progress));
  scrape.add(CHECKIN_FAMILIES, checkinReadings(sources));
  scrape.add(EVENT_FAMILIES, eventReadings(new EventTally(events)));
  scrape.add(QUEUE_FAMILIES, queueReadings(sources));
  scrape.add(STORAGE_FAMILIES, storageReadings(data));
  scrape.add(CERTIFICATE_FAMILIES, certificateReadings({ ...sources, census }));
  scrape.add(WEBHOOK_FAMILIES, webhookReadings(webhooks, now));
}
