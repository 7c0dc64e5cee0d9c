import type { Digest, Tag } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import { digestOfApps } from "../device/digest-of-apps.ts";

/** What of a device tells it apart in a list, without what it reported; equal lists may be one object. Times in milliseconds since the epoch. */
export interface DeviceRow {
  readonly id: string;
  /** As it reported them. */
  readonly systemtags: readonly Tag[];
  /** As operators gave them. */
  readonly given: readonly Tag[];
  /** appsDigest of its apps. */
  readonly appsDigest: Digest;
  readonly features: readonly string[];
  readonly certIssuer: string | null;
  readonly lastSeen: number;
  readonly certEnds: number | null;
  readonly isManaged: boolean;
  /** The largest number that what it should have had when it reported. */
  readonly wish: number;
  readonly isHalted: boolean;
  /** Its last transaction did not end well, or it is to try again or install an app again. */
  readonly isUnsettled: boolean;
  /** Paths where it is not as its packets have it; null: it does not say. */
  readonly drifted: number | null;
}

/** What tells the device of a record apart. */
export function rowOf(record: DeviceRecord): DeviceRow {
  const { id, state, given, features, certIssuer, lastSeen, certEnds, standing, drift } = record;
  const { transaction, retry, reinstall } = record;
  const isFailed = transaction !== null && transaction.outcome !== "committed";
  return {
    ...{ id, given, features, certIssuer, lastSeen, certEnds },
    systemtags: state.systemtags,
    appsDigest: digestOfApps(state.apps),
    isManaged: standing.isManaged,
    wish: standing.wish,
    isHalted: standing.halt !== null,
    isUnsettled: isFailed || retry !== null || reinstall !== null,
    drifted: drift?.count ?? null,
  };
}
