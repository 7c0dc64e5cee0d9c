import type { InstalledApp } from "@jamesd/model";

/** What others may know of the connections that this process holds. */
export interface Presence {
  /** True when a device holds a check-in, or did not long ago. */
  isConnected(id: string): boolean;
  /** When a device was seen by this process, in milliseconds since the epoch; undefined: not yet. */
  lastSeen(id: string): number | undefined;
  /** The apps of the plan that a device was sent, when it was not heard of since: what it reported last no longer counts. */
  sent(id: string): readonly InstalledApp[] | undefined;
}
