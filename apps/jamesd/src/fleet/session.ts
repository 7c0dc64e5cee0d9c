import type { Digest, InstalledApp } from "@jamesd/model";
import type { Preparing, Waiting } from "../device/report.ts";
import type { Voices } from "./voices.ts";

/** A target that a device leaves alone for now. */
export interface Deferral {
  readonly target: Digest;
  /** When it takes it again, in milliseconds since the epoch. */
  readonly until: number;
  /** Why, when it did not fail. */
  readonly waiting?: Waiting | undefined;
}

/** The certificate that a device came with. */
export interface SeenCertificate {
  /** When it ends, in milliseconds since the epoch; undefined: not known. */
  certEnds: number | undefined;
  /** When it begins. */
  certStarts: number | undefined;
  /** Who issued it, in words. */
  certIssuer: string | undefined;
  /** Its serial number. */
  certSerial: string | undefined;
}

/** What waits until it is woken. */
export interface Wakeable {
  /** Has it look again, in its turn, whether there is something to do. */
  wake(): void;
}

/** The plan that a device said last it prepares. */
export interface Underway extends Preparing {
  /** When it ended its question, as one does that begins with the plan, in milliseconds since the epoch; undefined while it asks. */
  readonly ended?: number | undefined;
}

/** What this process knows of the connection of a device; nothing of it is kept when the server stops. */
export interface Session extends SeenCertificate {
  /** Milliseconds since the epoch. */
  lastSeen: number;
  /** When it was told last that it is to renew its certificate, in milliseconds since the epoch. */
  renewTold: number;
  /** When something of it changed last, in milliseconds that only grow (`Holding`). */
  changed: number;
  /** After how long it asks again, when it was told so with the last answer, in milliseconds; else 0. */
  askAgainMs: number;
  /** What it said last that it leaves alone, when it said for how long. */
  deferral: Deferral | undefined;
  /** The apps of the plan that it was sent, when it was not heard of since. */
  sent: readonly InstalledApp[] | undefined;
  /** The plan that it says it prepares; undefined when it said nothing of that last. */
  preparing: Underway | undefined;
  /** By how much its clock is ahead of ours, as it said last, in milliseconds. */
  clockOff: number | undefined;
  /** It was sent the wish that it try again; one that was forgotten is sent once more. */
  isRetrySent: boolean;
  /** The last connection was cut, and no check-in came since. */
  isCut: boolean;
  /** When it wanted last that its check-in be held, in milliseconds since the epoch. */
  wantedHeld: number;
  /** From when on it is not there, unless it checks in before that, in milliseconds since the epoch. */
  goneAt: number;
  /** The check-in that is held; undefined when none is. */
  held: Wakeable | undefined;
  /** Counts check-ins, so that one that was overtaken by a newer one does not take its place. */
  checkIns: number;
  /** Which of them was held last. */
  heldCheckIn: number;
  /** Who speaks for it. */
  readonly voices: Voices;
  /** It was told that there are two of it. */
  isDoubleTold: boolean;
}
