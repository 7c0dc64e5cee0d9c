import type { InstalledApp } from "@jamesd/model";
import type { Double } from "../device/voice.ts";
import type { Deferral, SeenCertificate, Underway } from "./session.ts";

/** What others may know of the connections that this process holds. */
export interface Presence {
  /** True when a device holds a check-in, or did not long ago. */
  isConnected(id: string): boolean;
  /** When a device was seen by this process, in milliseconds since the epoch; undefined: not yet. */
  lastSeen(id: string): number | undefined;
  /** When it was last heard of: now, of one that holds a check-in, and of others as it was seen last; undefined as of `lastSeen`. */
  heard(id: string): number | undefined;
  /** The certificate that a device came with; undefined: it did not come to this process yet. */
  certificate(id: string): Readonly<SeenCertificate> | undefined;
  /** What a device said last that it leaves alone for now, when it said for how long. */
  deferral(id: string): Deferral | undefined;
  /** The apps of the plan that a device was sent, when it was not heard of since: what it reported last no longer counts. */
  sent(id: string): readonly InstalledApp[] | undefined;
  /** The machines that check in with the certificate of one device; undefined when there is no more than one, as far as is known. */
  double(id: string): Double | undefined;
  /** The plan that a device says it prepares, or has begun with since, as far as is known. */
  preparing(id: string): Underway | undefined;
  /** By how many milliseconds the clock of a device is ahead of ours, as it said last; undefined when it is not, as far as is known. */
  clockOff(id: string): number | undefined;
}
