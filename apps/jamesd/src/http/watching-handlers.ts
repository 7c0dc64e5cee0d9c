import { MAX_COLUMNS } from "@jamesd/protocol";
import type { EventLog } from "../fleet/event-log.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Summaries } from "../fleet/summaries.ts";
import type { Handlers, Held } from "./call.ts";
import { parseEventQuery } from "./event-query.ts";
import { limitOf } from "./query.ts";
import { summaryReply } from "./summary-reply.ts";
import { wireEvent } from "./v1/nouns.ts";

/** What people watch a fleet by. */
export interface WatchedServices {
  readonly fleet: Pick<Fleet, "list">;
  readonly events: EventLog;
  readonly summaries: Summaries;
}

/** The handlers for who watches: an answer may be waited for. */
export function makeWatchingHandlers(
  { fleet, events, summaries }: WatchedServices,
  holdMs: (call: Held) => number,
): Pick<Handlers, "getSummary" | "getDeviceColumns" | "listEvents"> {
  return {
    getSummary: (call) => summaryReply(summaries, call.headers, holdMs(call), call.signal),
    getDeviceColumns: ({ query }) => fleet.list.columns(query.after ?? "", limitOf(query, MAX_COLUMNS)),
    listEvents: async (call) =>
      (await events.page(parseEventQuery(call.query), holdMs(call), call.signal)).map(wireEvent),
  };
}
