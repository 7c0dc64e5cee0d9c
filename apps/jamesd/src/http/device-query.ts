import { JamesError, parseName, parseTagList } from "@jamesd/model";
import { SYNC_STATUSES, type SyncStatus } from "@jamesd/protocol";
import type { DeviceFilter } from "../fleet/device-filter.ts";
import { countOf, limitOf, type Query } from "./query.ts";

/** A page has so many devices at the most, and so many unless told. */
const MAX_PAGE = 10_000;
const PAGE = 1000;

/** Reads a filter from query parameters, but for `rollout`. @throws JamesError REQUEST_INVALID, TAG_INVALID, NAME_INVALID */
export function parseFilter(query: Query): DeviceFilter {
  const { tags = "", app, appTags = "", sync, connected, drift, issuer, after = "" } = query;
  if (appTags !== "" && app === undefined)
    throw new JamesError("REQUEST_INVALID", "appTags are of an app, and no app is named", {
      hint: "Name it with app.",
    });
  return {
    tags: parseTagList(tags),
    app: app === undefined ? undefined : parseName(app),
    appTags: parseTagList(appTags),
    sync: sync === undefined ? undefined : new Set(sync.split(",").map(parseSync)),
    connected: connected === undefined ? undefined : parseBoolean("connected", connected),
    drifted: drift === undefined ? undefined : parseBoolean("drift", drift),
    seenSince: countOf(query, "seenSince"),
    seenBefore: countOf(query, "seenBefore"),
    issuer,
    expiresBefore: countOf(query, "expiresBefore"),
    after,
    limit: limitOf(query, MAX_PAGE, PAGE),
  };
}

function parseSync(word: string): SyncStatus {
  const found = SYNC_STATUSES.find((status) => status === word);
  if (found) return found;
  throw new JamesError("REQUEST_INVALID", `${JSON.stringify(word)} is not how a device can stand`, {
    hint: `Say one or more of ${SYNC_STATUSES.join(",")}.`,
  });
}

function parseBoolean(name: string, word: string): boolean {
  if (word === "true" || word === "false") return word === "true";
  throw new JamesError("REQUEST_INVALID", `${name}=${word} is neither true nor false`);
}
