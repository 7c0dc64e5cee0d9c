import type { DeviceState, Digest, DriftReport, ScriptName, Step } from "@jamesd/model";
import type { CertificateId } from "@jamesd/pki/certificate-id";

/** The last revision that a device carried out, 0 before the first, and the seal that came with its plan. */
export interface Followed {
  readonly revision: number;
  readonly seal?: string | undefined;
}

/** How one script ran. */
export interface ScriptRun {
  /** The app's name. */
  readonly app: string;
  readonly script: ScriptName;
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** The end of standard output and error, as they came. */
  readonly output: string;
  /** It ran to undo a step. */
  readonly undo: boolean;
}

/** Why a transaction did not succeed, and at which step: the device's own words, so that the code may be of a later version. */
export interface TransactionError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly step?: Step | undefined;
}

/** How the carrying-out of a plan ended; stored as it is. */
export interface Transaction {
  readonly id: string;
  readonly target: Digest;
  readonly revision: number;
  /** `stuck`: in between, because undoing did not work either; the device goes on trying. */
  readonly outcome: "committed" | "rolled-back" | "stuck";
  /** Milliseconds since the epoch, by the device's clock. */
  readonly started: number;
  readonly durationMs: number;
  readonly attempt: number;
  /** It was to put drift right. */
  readonly repair?: true | undefined;
  /** The wish that an app be installed again. */
  readonly reinstall?: string | undefined;
  readonly scripts: readonly ScriptRun[];
  readonly error?: TransactionError | undefined;
}

/** Why a device does not begin with a plan that is prepared. */
export interface Waiting {
  readonly revision: number;
  /** The device's own words. */
  readonly why: string;
  /** Milliseconds since the epoch; undefined: not known. */
  readonly until?: number | undefined;
  /** Id of the wish that came with the plan, that it begin now. */
  readonly go?: string | undefined;
}

/** The plan that a device fetches contents for, and has not begun. */
export interface Preparing {
  readonly target: Digest;
  readonly revision: number;
  /** Bytes that have come of the contents that it needs, and how many that are; undefined until it is known. */
  readonly bytes?: number | undefined;
  readonly total?: number | undefined;
  /** Id of the wish that came with it, that it begin now. */
  readonly go?: string | undefined;
}

/** What a device reports, and asks with that; a state that the server knows already is only named. */
export interface Report {
  /** stateDigest of what the device has. */
  readonly digest: Digest;
  readonly state?: DeviceState | undefined;
  readonly transaction?: Transaction | undefined;
  /** Undefined: the device cannot tell. */
  readonly followed?: Followed | undefined;
  /** The agent's version and runtime, as it says. */
  readonly agent?: string | undefined;
  /** What the agent can do beyond the first ones; said with `agent`. */
  readonly features?: readonly string[] | undefined;
  /** Paths of new versions of configuration files that lie beside edited ones; said with `state`. */
  readonly unmerged?: readonly string[] | undefined;
  /** What the agent calls itself, as `Voice` has it. */
  readonly instance?: string | undefined;
  /** The target of a failed plan that the device does not want again yet. */
  readonly deferred?: Digest | undefined;
  /** So long it does not want it, in milliseconds. */
  readonly retryInMs?: number | undefined;
  /** When the certificate ends that it came with, in milliseconds since the epoch; undefined: not known. */
  readonly certEnds?: number | undefined;
  /** When that begins. */
  readonly certStarts?: number | undefined;
  /** Which certificate it comes with, and who issued it, in words. */
  readonly certificate?: CertificateId | undefined;
  readonly certIssuer?: string | undefined;
  /** Why it does not begin with what is deferred, when that did not fail. */
  readonly waiting?: Waiting | undefined;
  /** It goes on with this as long as it is wanted, and asks only whether it still is. */
  readonly preparing?: Preparing | undefined;
  /** By how many milliseconds its clock is ahead of the server's; undefined when it is not, as far as it says. */
  readonly clockOff?: number | undefined;
  /** How the device differs from what its packets have; undefined: as it was told last. */
  readonly drift?: DriftReport | undefined;
  /** The wish for a look at all contents that it is at. */
  readonly verifying?: string | undefined;
  /** The wish that `drift` answers. */
  readonly verified?: string | undefined;
}
