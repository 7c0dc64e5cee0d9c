import type { Report } from "../device/report.ts";
import type { Voice } from "../device/voice.ts";
import { type Device, isNewlyFollowed } from "./device.ts";
import type { Session } from "./session.ts";

/** What a device says with its question that the answer depends on, whenever that comes. */
export type Asked = Pick<Report, "deferred" | "waiting" | "preparing" | "verifying" | "certificate">;

/** A check-in whose report was taken in, as long as it is not answered: all that is kept of it. */
export interface Question {
  readonly device: Device;
  readonly session: Session;
  /** Which of the session's check-ins it is. */
  readonly checkIn: number;
  readonly voice: Voice;
  readonly asked: Asked;
  /** It told its whole state. */
  readonly hasState: boolean;
  /** Until when it may be held, in milliseconds of `performance.now()`: not the clock that people set, a step of which would hold it for as long. */
  readonly until: number;
}

/** True of one that a newer one took the place of, or whose device was forgotten: what it would be told may hold no longer. */
export function isOvertaken({ session, checkIn }: Question): boolean {
  return session.checkIns !== checkIn;
}

/** What is kept of a report. */
export function askedBy({ deferred, waiting, preparing, verifying, certificate }: Report): Asked {
  return { deferred, waiting, preparing, verifying, certificate };
}

/** True of a report that says something new. */
export function hasNews({ state, transaction, drift, verified, followed }: Report, device: Device): boolean {
  return Boolean(state || transaction || drift || verified) || isNewlyFollowed(followed, device);
}

/** True when the device is not as it was: its place to be held counts for more then than that of others. */
export function isChange({ state, digest, transaction }: Report, { stateDigest }: Device): boolean {
  return transaction !== undefined || (state !== undefined && digest !== stateDigest);
}
