import type { FlagValues } from "@jamesd/config";
import { flag, parseCount, parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { EventsRequest } from "../follow/read-events.ts";
import { timeFlag } from "./point-flags.ts";

const DEFAULT_LAST = 100;

/** The flags that say which part of the event log is meant. */
export const EVENT_FLAGS = {
  since: timeFlag("from then on: 1h ago, or a time as 2026-01-31T12:00:00Z"),
  until: timeFlag("until then"),
  last: parsed({
    value: "N",
    help: `at most the last so many; ${DEFAULT_LAST} unless --since or --all is given`,
    parse: parseCount,
  }),
  all: flag({ help: "from the beginning of the log" }),
  follow: flag({ help: "go on with what happens, until Ctrl-C" }),
};

/** What these flags ask for. @throws JamesError USAGE */
export function eventsRequest({
  since,
  until,
  last,
  all,
  follow,
}: FlagValues<typeof EVENT_FLAGS>): EventsRequest {
  if (follow && until !== undefined)
    throw new JamesError("USAGE", "--until and --follow are both given", { hint: "Give one." });
  const isUnbounded = all || since !== undefined;
  return { since, until, follow, last: last ?? (isUnbounded ? undefined : DEFAULT_LAST) };
}
