import type { InstalledApp, Tag } from "@jamesd/model";
import { type KnownDevice, type SyncStatus, syncStatus } from "./device.ts";
import { lastCertificate } from "./last-certificate.ts";
import type { Presence } from "./presence.ts";
import type { Member } from "./roster.ts";

const SECOND_MS = 1000;

/** Which devices to list; what is undefined does not matter. */
export interface DeviceFilter {
  /** It has all of these system tags. */
  readonly tags: readonly Tag[];
  /** It has this app installed, with all of `appTags`. */
  readonly app: string | undefined;
  readonly appTags: readonly Tag[];
  readonly sync: ReadonlySet<SyncStatus> | undefined;
  readonly connected: boolean | undefined;
  /** It says that something is not as its packets have it; false: it says that all is. */
  readonly drifted: boolean | undefined;
  /** Last seen at this time or later, and before that one; milliseconds since the epoch. */
  readonly seenSince: number | undefined;
  readonly seenBefore: number | undefined;
  /** Who issued its certificate has this in its name, in whichever case. */
  readonly issuer: string | undefined;
  /** Its certificate ends before this time, in milliseconds since the epoch. */
  readonly expiresBefore: number | undefined;
  /** It is one of these. */
  readonly ids?: ReadonlySet<string> | undefined;
  /** Only ids that sort after this one. */
  readonly after: string;
  readonly limit: number;
}

/** True when a filter lets a device through; what costs most is asked last; `now` in milliseconds since the epoch. */
export function passes(device: KnownDevice, filter: DeviceFilter, presence: Presence, now: number): boolean {
  const { id, record } = device;
  const { tags, app, appTags, sync, connected, drifted, ids } = filter;
  if (ids && !ids.has(id)) return false;
  if (!tags.every((tag) => device.tagSet.set.has(tag))) return false;
  if (!isSeenWithin(device, filter, presence, now)) return false;
  if (!hasCertificate(device, filter, presence)) return false;
  if (connected !== undefined && presence.isConnected(id) !== connected) return false;
  if (drifted !== undefined && (record.drift === null || record.drift.count > 0 !== drifted)) return false;
  if (app !== undefined && !hasApp(record.state.apps, app, appTags)) return false;
  return sync === undefined || sync.has(syncStatus(device, presence));
}

/** False when a filter lets a device through in no case, by what the roster knows. */
export function mayPass({ tagSet, list }: Member, filter: DeviceFilter): boolean {
  const { tags, app, appTags } = filter;
  if (!tags.every((tag) => tagSet.set.has(tag))) return false;
  return app === undefined || hasApp(list.apps, app, appTags);
}

/** A filter that lets through as well what it would by times that are known to the second. */
export function widened(filter: DeviceFilter): DeviceFilter {
  const { seenSince } = filter;
  return { ...filter, seenSince: seenSince === undefined ? undefined : seenSince - SECOND_MS };
}

/** When a device was seen last, at `now`; who is connected is seen all the time. In milliseconds since the epoch. */
export function seenAt({ id, record }: KnownDevice, presence: Presence, now: number): number {
  return presence.isConnected(id) ? now : (presence.lastSeen(id) ?? record.lastSeen);
}

function isSeenWithin(
  device: KnownDevice,
  { seenSince, seenBefore }: DeviceFilter,
  presence: Presence,
  now: number,
): boolean {
  if (seenSince === undefined && seenBefore === undefined) return true;
  const seen = seenAt(device, presence, now);
  return (seenSince === undefined || seen >= seenSince) && (seenBefore === undefined || seen < seenBefore);
}

function hasCertificate(
  device: KnownDevice,
  { issuer, expiresBefore }: DeviceFilter,
  presence: Presence,
): boolean {
  if (expiresBefore === undefined && issuer === undefined) return true;
  const { certEnds, certIssuer } = lastCertificate(device, presence);
  if (expiresBefore !== undefined && (certEnds === null || certEnds >= expiresBefore)) return false;
  return issuer === undefined || (certIssuer?.toLowerCase().includes(issuer.toLowerCase()) ?? false);
}

function hasApp(apps: readonly InstalledApp[], name: string, appTags: readonly Tag[]): boolean {
  const found = apps.find((one) => one.name === name);
  return found !== undefined && appTags.every((tag) => found.tags.includes(tag));
}
