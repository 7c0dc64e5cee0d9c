import type { Recompression } from "../blobs/recompression.ts";
import type { Deltas } from "../deltas/deltas.ts";
import type { Bounds } from "../http/bounds.ts";
import type { EnrollmentStore } from "../repository/enrollment-store.ts";
import type { Families, Readings } from "./family.ts";

/** What waits, and for what there is only so much room. */
export const QUEUE_FAMILIES = {
  jamesd_downloads: {
    type: "gauge",
    help: "downloads under way, and those that wait for their turn",
    labels: ["state"],
  },
  jamesd_reply_memory_bytes: {
    type: "gauge",
    help: "long answers that are held in memory until their readers have taken them",
    labels: [],
  },
  jamesd_writes_waiting: {
    type: "gauge",
    help: "reports and other writes of devices that wait to share a transaction of the database",
    labels: [],
  },
  jamesd_deltas_waiting: {
    type: "gauge",
    help: "deltas that wait to be made before devices ask for them",
    labels: [],
  },
  jamesd_recompressions_waiting: {
    type: "gauge",
    help: "blobs that were stored in a hurry and wait to be compressed as devices get them",
    labels: [],
  },
  jamesd_enrollments: {
    type: "gauge",
    help: "devices that want to join: waiting for an operator, approved and not there yet, rejected",
    labels: ["state"],
  },
} as const satisfies Families;

/** What these are read from. */
export interface QueueSources {
  readonly bounds: Pick<Bounds, "downloads" | "memory">;
  readonly writesWaiting: () => number;
  readonly deltas: Pick<Deltas, "waiting">;
  readonly recompression: Pick<Recompression, "waiting">;
  readonly enrollments: Pick<EnrollmentStore, "counts">;
  readonly now: () => number;
}

/** Reads them. */
export function queueReadings({
  bounds,
  writesWaiting,
  deltas,
  recompression,
  enrollments,
  now,
}: QueueSources): Readings<typeof QUEUE_FAMILIES> {
  return {
    jamesd_downloads: () =>
      Object.entries(bounds.downloads.counts).map(([state, value]) => ({ labels: { state }, value })),
    jamesd_reply_memory_bytes: () => bounds.memory.bytes,
    jamesd_writes_waiting: writesWaiting,
    jamesd_deltas_waiting: () => deltas.waiting,
    jamesd_recompressions_waiting: () => recompression.waiting,
    jamesd_enrollments: async () =>
      Object.entries(await enrollments.counts(now())).map(([state, value]) => ({ labels: { state }, value })),
  };
}
