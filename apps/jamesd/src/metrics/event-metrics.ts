import { EVENT_KINDS } from "@jamesd/protocol";
import type { EventTally } from "./event-tally.ts";
import type { Families, Readings } from "./family.ts";

/** What happened. */
export const EVENT_FAMILIES = {
  jamesd_events_total: {
    type: "counter",
    help: "events since the start, by their kinds",
    labels: ["kind"],
  },
  jamesd_transactions_total: {
    type: "counter",
    help: "transactions that devices reported since the start, by how they ended and the code of the error; other: a code that the server does not know",
    labels: ["outcome", "error"],
  },
  jamesd_transaction_duration_seconds: {
    type: "histogram",
    help: "how long these took, as the devices say",
    labels: ["outcome"],
  },
} as const satisfies Families;

/** Reads them. */
export function eventReadings(tally: EventTally): Readings<typeof EVENT_FAMILIES> {
  return {
    jamesd_events_total: async () => {
      await tally.read();
      return EVENT_KINDS.map((kind) => ({ labels: { kind }, value: tally.kinds.get(kind) ?? 0 }));
    },
    jamesd_transactions_total: async () => {
      await tally.read();
      return [...tally.transactions].map(({ outcome, error, count }) => ({
        labels: { outcome, error },
        value: count,
      }));
    },
    jamesd_transaction_duration_seconds: async () => {
      await tally.read();
      return [...tally.durations].flatMap(([outcome, some]) => some.samples({ outcome }));
    },
  };
}
