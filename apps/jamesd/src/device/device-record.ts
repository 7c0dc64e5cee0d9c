import type { DeviceState, Digest, DriftReport, Halt, Tag } from "@jamesd/model";
import type { Followed, Transaction } from "./report.ts";

/** Who is right about a device that is halted: what it has is wanted, or it gets what is wanted. */
export type Keep = "device" | "server";

/** How a device stands to the history of this server. */
export interface Standing {
  /** What it said last that it followed; null: nothing. */
  readonly followed: Followed | null;
  /** What it may say though it is not of this history, because an operator decided so; null: nothing. */
  readonly accepted: Followed | null;
  readonly halt: Halt | null;
  /** It once had what this server wanted for it: when nothing is wanted for it any more, it should have nothing. */
  readonly isManaged: boolean;
  /** The largest number that what it should have had when it reported. */
  readonly wish: number;
  /** Of the packets that it says it has, those that this server never ordered: it may say so of any digest that it heard of. */
  readonly claimed: readonly Digest[];
}

/** That of a device of which nothing is known. */
export const NEW_STANDING: Standing = {
  followed: null,
  accepted: null,
  halt: null,
  isManaged: false,
  wish: 0,
  claimed: [],
};

/** An operator's wish that a device install an app again, though nothing differs. */
export interface Reinstall {
  readonly id: string;
  readonly app: string;
}

/** An operator's wish that a device begin now: through maintenance windows, and if so through the update lock. It ends with that transaction. */
export interface GoWish {
  readonly id: string;
  /** What it is to begin with, and nothing else. */
  readonly target: Digest;
  readonly breakLock: boolean;
}

/** What the server knows of a device besides its desired state. */
export interface DeviceRecord {
  readonly id: string;
  readonly state: DeviceState;
  /** The tags that operators gave it, sorted. */
  readonly given: readonly Tag[];
  /** The agent's version and runtime, as it says. */
  readonly agent: string;
  /** What the agent can do beyond the first ones (`FEATURES` of its version). */
  readonly features: readonly string[];
  /** Paths of new versions of configuration files that lie beside edited ones. */
  readonly unmerged: readonly string[];
  /** Milliseconds since the epoch. */
  readonly lastSeen: number;
  /** When the certificate ends that it came with last, in milliseconds since the epoch; null: not known. */
  readonly certEnds: number | null;
  /** Who issued it, in words; null: not known. */
  readonly certIssuer: string | null;
  /** As of `CertificateId`; null: not known. */
  readonly certSerial: string | null;
  /** The serial number of the certificate that an operator wants renewed now: with another one the wish is fulfilled. Null when there is no such wish. */
  readonly renew: string | null;
  /** The last finished transaction; null when there was none. */
  readonly transaction: Transaction | null;
  /** Id of the failed transaction that an operator wants tried again; null when there is no such wish. */
  readonly retry: string | null;
  /** The app that an operator wants installed again; null when there is no such wish. */
  readonly reinstall: Reinstall | null;
  /** An operator's wish that it begin now with its target; null when there is no such wish. */
  readonly go: GoWish | null;
  /** What it said last of its drift; null: nothing, as agents that do not look for it. */
  readonly drift: DriftReport | null;
  /** Id of an operator's wish that it look at all contents now; null when there is no such wish. */
  readonly verify: string | null;
  readonly standing: Standing;
}
