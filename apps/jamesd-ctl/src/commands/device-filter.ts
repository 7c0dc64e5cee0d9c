import { type FlagValues, flag, parseCount, parsed, text } from "@jamesd/config";
import { JamesError, parseName } from "@jamesd/model";
import type { Client, DeviceInfo } from "@jamesd/protocol";
import { SYNC_STATUSES } from "@jamesd/protocol/operator";
import { tagList, wordList } from "../cli/lists.ts";
import { readPages } from "./pages.ts";
import { comingTimeFlag, revisionFlag, timeFlag } from "./point-flags.ts";

/** The flags that choose some devices. */
export const DEVICE_FILTER = {
  tags: tagList({ help: "only devices that have all these system tags" }),
  app: parsed({ value: "NAME", help: "only devices that have this app", parse: parseName }),
  appTags: tagList({ help: "only devices whose --app has all these tags, such as its version" }),
  sync: wordList({ help: "only devices that stand so", words: SYNC_STATUSES }),
  connected: flag({ help: "only devices that are connected" }),
  disconnected: flag({ help: "only devices that are not connected" }),
  drift: flag({ help: "only devices with files that are not as their packets have them" }),
  seenSince: timeFlag("only devices that were seen since: 1h ago, or a time as 2026-01-31T12:00:00Z"),
  seenBefore: timeFlag("only devices that were not seen since"),
  issuer: text({
    value: "WORD",
    help: "only devices whose certificate was issued by one that has this in its name",
  }),
  expiresBefore: comingTimeFlag(
    "only devices whose certificate ends before: in 30d, or a time as 2026-01-31T12:00:00Z",
  ),
  rollout: revisionFlag("only devices that this rollout admits, by the revision that it spreads"),
  limit: parsed({ value: "N", help: "at most so many, the first by id", parse: parseCount }),
};

/** Which devices. */
export type DeviceFilter = FlagValues<typeof DEVICE_FILTER>;

/** Sees that what is asked for makes sense together. @throws JamesError USAGE */
export function checkFilter({ app, appTags, connected, disconnected }: DeviceFilter): void {
  if (connected && disconnected)
    throw new JamesError("USAGE", "--connected and --disconnected are both given", { hint: "Give one." });
  if (appTags !== undefined && app === undefined)
    throw new JamesError("USAGE", "--app-tags needs --app NAME", {
      hint: "Name the app that has these tags; --tags are of the device.",
    });
}

/** The devices that a filter lets through, by id. */
export function listDevices(
  client: Client,
  filter: DeviceFilter,
  signal: AbortSignal,
): Promise<readonly DeviceInfo[]> {
  return readDevices(client, queryOf(filter), filter.limit ?? Number.POSITIVE_INFINITY, signal);
}

/** What chooses devices, as the protocol has it. */
export type DeviceQuery = Readonly<Record<string, string | undefined>>;

/** The first devices by id that a query chooses, `most` of them. */
export function readDevices(
  client: Client,
  query: DeviceQuery,
  most: number,
  signal: AbortSignal,
): Promise<readonly DeviceInfo[]> {
  return readPages<DeviceInfo>(most, (limit, last) =>
    client.call("listDevices", { query: { ...query, after: last?.id, limit: String(limit) }, signal }),
  );
}

function queryOf(filter: DeviceFilter): DeviceQuery {
  const { tags, app, appTags, sync, connected, disconnected, drift, seenSince, seenBefore } = filter;
  const { issuer, expiresBefore, rollout } = filter;
  return {
    tags: tags?.join(","),
    app,
    appTags: appTags?.join(","),
    sync,
    connected: connected ? "true" : disconnected ? "false" : undefined,
    drift: drift ? "true" : undefined,
    seenSince: seenSince?.toString(),
    seenBefore: seenBefore?.toString(),
    issuer,
    expiresBefore: expiresBefore?.toString(),
    rollout: rollout?.toString(),
  };
}
