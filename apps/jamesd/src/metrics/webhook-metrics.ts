import type { Courier } from "../webhooks/courier.ts";
import type { Families, Readings } from "./family.ts";

/** How webhooks are told. */
export const WEBHOOK_FAMILIES = {
  jamesd_webhook_deliveries_total: {
    type: "counter",
    help: "tries to tell a webhook of an event: delivered, or failed; refused: events that it did not take; lost: times that events were deleted before it was told of them",
    labels: ["webhook", "outcome"],
  },
  jamesd_webhook_behind_seconds: {
    type: "gauge",
    help: "age of the event that a webhook is being told of; 0: it knows all",
    labels: ["webhook"],
  },
} as const satisfies Families;

/** What tells a webhook. */
export type Told = Pick<Courier, "name" | "counts" | "waitsSince">;

/** Reads them. */
export function webhookReadings(
  webhooks: readonly Told[],
  now: () => number,
): Readings<typeof WEBHOOK_FAMILIES> {
  return {
    jamesd_webhook_deliveries_total: () =>
      webhooks.flatMap(({ name: webhook, counts }) =>
        Object.entries(counts).map(([outcome, value]) => ({ labels: { webhook, outcome }, value })),
      ),
    jamesd_webhook_behind_seconds: () =>
      webhooks.map(({ name: webhook, waitsSince }) => ({
        labels: { webhook },
        value: waitsSince === undefined ? 0 : Math.max(0, now() - waitsSince) / 1000,
      })),
  };
}
