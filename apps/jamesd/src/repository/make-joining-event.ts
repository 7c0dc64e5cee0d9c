import type { EnrollToken } from "./enroll-token-store.ts";
import type { Enrollment, EnrollmentKey } from "./enrollment-store.ts";
import type { Enrolled, NewEvent } from "./event.ts";
import { type Origin, originOf } from "./origin.ts";

/** The author of what somebody did of whom nothing is proved. */
const UNKNOWN = "unknown";

/** Somebody made a token by which devices join. */
export function enrollTokenMade({ id, uses, ends, device, prefix, tags, ...origin }: EnrollToken): NewEvent {
  // For a device that is not there yet: the log of one is no place for it.
  const scope = { name: device, prefix, tags };
  return { kind: "token-made", ...originOf(origin), token: id, uses, ends, ...scope };
}

/** Somebody took a token back. */
export function enrollTokenRevoked(token: string, origin: Origin): NewEvent {
  return { kind: "token-revoked", ...originOf(origin), token };
}

/** Somebody waits to be let in, and has proved no more than that it has a key. */
export function enrollmentWaiting({ device: name, fingerprint, token, address, time }: Enrollment): NewEvent {
  return { kind: "enrollment-waiting", author: UNKNOWN, address, time, name, fingerprint, token };
}

/** Somebody is to be let in. */
export function enrollmentApproved({ device, fingerprint }: EnrollmentKey, origin: Origin): NewEvent {
  return { kind: "enrollment-approved", ...originOf(origin), device, fingerprint };
}

/** Somebody is not to be let in. */
export function enrollmentRejected({ device: name, fingerprint }: EnrollmentKey, origin: Origin): NewEvent {
  return { kind: "enrollment-rejected", ...originOf(origin), name, fingerprint };
}

/** A device joined. */
export function deviceEnrolled(enrolled: Enrolled, origin: Origin): NewEvent {
  return { kind: "device-enrolled", ...originOf(origin), ...enrolled };
}
