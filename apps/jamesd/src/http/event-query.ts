import { JamesError } from "@jamesd/model";
import { EVENT_KINDS, type EventKind } from "@jamesd/protocol";
import type { EventRequest } from "../fleet/event-log.ts";
import { countOf, type Query } from "./query.ts";

/** So many events are on a page, unless fewer are asked for. */
const MAX_PAGE = 1000;

/** Which events a query asks for. @throws JamesError REQUEST_INVALID */
export function parseEventQuery(query: Query): EventRequest {
  const [limit, last] = [countOf(query, "limit"), countOf(query, "last")];
  if (limit !== undefined && last !== undefined)
    throw new JamesError("REQUEST_INVALID", "limit and last are both given", {
      hint: "limit asks for the first so many, last for the last.",
    });
  return {
    device: query.device,
    kinds: query.kinds?.split(",").map(parseKind),
    since: countOf(query, "since"),
    until: countOf(query, "until"),
    after: countOf(query, "after"),
    before: countOf(query, "before"),
    limit: Math.min(limit ?? last ?? MAX_PAGE, MAX_PAGE),
    isLast: last !== undefined,
  };
}

function parseKind(word: string): EventKind {
  const found = EVENT_KINDS.find((kind) => kind === word);
  if (found) return found;
  throw new JamesError("REQUEST_INVALID", `${JSON.stringify(word)} is no kind of event`, {
    hint: `Say one or more of ${EVENT_KINDS.join(",")}.`,
  });
}
