import { JamesError, parseName, parseTagList, type Tag } from "@jamesd/model";
import { SYNC_STATUSES, type SyncStatus } from "@jamesd/protocol";
import { isConnected, type KnownMember, syncStatus } from "./member.ts";

/** Which devices to list; what is undefined does not matter. */
export interface DeviceFilter {
  /** It has all of these system tags. */
  readonly tags: readonly Tag[];
  /** It has this app installed, with all of `appTags`. */
  readonly app: string | undefined;
  readonly appTags: readonly Tag[];
  readonly sync: ReadonlySet<SyncStatus> | undefined;
  readonly connected: boolean | undefined;
  /** Last seen at this time or later, and before that one; milliseconds since the epoch. */
  readonly seenSince: number | undefined;
  readonly seenBefore: number | undefined;
  /** Only ids that sort after this one. */
  readonly after: string;
  readonly limit: number;
}

/** A page has so many devices at the most, and so many unless told. */
const MAX_PAGE = 10_000;
const PAGE = 1000;

type Query = Readonly<Record<string, string | undefined>>;

/** Reads a filter from query parameters. @throws JamesError REQUEST_INVALID, TAG_INVALID, NAME_INVALID */
export function parseFilter(query: Query): DeviceFilter {
  const { tags = "", app, appTags = "", sync, connected, after = "" } = query;
  if (appTags !== "" && app === undefined)
    throw new JamesError("REQUEST_INVALID", "appTags are of an app, and no app is named", {
      hint: "Name it with app.",
    });
  return {
    tags: parseTagList(tags),
    app: app === undefined ? undefined : parseName(app),
    appTags: parseTagList(appTags),
    sync: sync === undefined ? undefined : new Set(sync.split(",").map(parseSync)),
    connected: connected === undefined ? undefined : parseBoolean(connected),
    seenSince: numberOf(query, "seenSince"),
    seenBefore: numberOf(query, "seenBefore"),
    after,
    limit: Math.min(numberOf(query, "limit") ?? PAGE, MAX_PAGE),
  };
}

/** True when a filter lets a device through; what costs most is asked last. */
export function passes(member: KnownMember, filter: DeviceFilter, now: number): boolean {
  const { tags, app, appTags, sync, connected, seenSince, seenBefore } = filter;
  const seen = member.lastSeen ?? 0;
  if (seenSince !== undefined && seen < seenSince) return false;
  if (seenBefore !== undefined && seen >= seenBefore) return false;
  if (!tags.every((tag) => member.tagSet.has.has(tag))) return false;
  if (connected !== undefined && isConnected(member, now) !== connected) return false;
  if (app !== undefined && !hasApp(member, app, appTags)) return false;
  return sync === undefined || sync.has(syncStatus(member));
}

function hasApp({ record }: KnownMember, name: string, appTags: readonly Tag[]): boolean {
  const found = record.state.apps.find((one) => one.name === name);
  return found !== undefined && appTags.every((tag) => found.tags.includes(tag));
}

function parseSync(word: string): SyncStatus {
  const found = SYNC_STATUSES.find((status) => status === word);
  if (found) return found;
  throw new JamesError("REQUEST_INVALID", `${JSON.stringify(word)} is not how a device can stand`, {
    hint: `Say one or more of ${SYNC_STATUSES.join(",")}.`,
  });
}

function parseBoolean(word: string): boolean {
  if (word === "true" || word === "false") return word === "true";
  throw new JamesError("REQUEST_INVALID", `connected=${word} is neither true nor false`);
}

function numberOf(query: Query, name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new JamesError("REQUEST_INVALID", `${name}=${text} is not a number`);
}
