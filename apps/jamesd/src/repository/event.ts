import type {
  DeviceState,
  Digest,
  DocumentKey,
  DriftReport,
  Halt,
  InstalledApp,
  RolloutStatus,
  Tag,
  Trouble,
} from "@jamesd/model";
import type { CertificateId } from "@jamesd/pki/certificate-id";
import type { Keep } from "../device/device-record.ts";
import type { Transaction } from "../device/report.ts";
import type { Double } from "../device/voice.ts";
import type { EnrollmentKey } from "./enrollment-store.ts";
import type { Origin } from "./origin.ts";
import type { LockedOut } from "./revocation-store.ts";

/** What was and what is. */
export interface Difference<T> {
  readonly before: T;
  readonly after: T;
}

/** How many of a list are left out, because there were too many for the log; not there when none is. */
export interface Omitted<L extends string> {
  readonly omitted?: { readonly [list in L]?: number };
}

/** Each kind of event with what it says besides; stored as it is, and never changed. */
interface Sayings {
  "packet-added": PacketSaying;
  "packet-removed": PacketSaying;
  revision: {
    readonly revision: number;
    readonly message: string;
    /** The first that it changed. */
    readonly documents: readonly DocumentKey[];
    /** How many it changed. */
    readonly changed: number;
  };
  /** A step of the rollout that spreads this revision; of its waves `wave` are open. `devices`: in those that it opened. */
  rollout: {
    readonly rollout: number;
    readonly step: number;
    readonly status: RolloutStatus;
    readonly wave: number;
    readonly waves: number;
    readonly trouble?: Trouble;
    readonly message: string;
    readonly devices?: number;
  };
  "device-added": {
    readonly device: string;
    readonly agent: string;
    readonly state: DeviceState;
  } & Omitted<"apps" | "systemtags">;
  "device-changed": {
    readonly device: string;
    /** The installed apps that are not as before; null where there is none. */
    readonly apps: readonly Difference<InstalledApp | null>[];
    readonly systemtags?: Difference<readonly Tag[]>;
    readonly agent?: Difference<string>;
    readonly unmerged?: Difference<readonly string[]>;
  } & Omitted<"apps" | "systemtagsBefore" | "systemtagsAfter">;
  "device-removed": { readonly device: string };
  /** With the end of what its scripts said. */
  transaction: { readonly device: string; readonly transaction: Transaction } & Omitted<"scripts">;
  "device-halted": { readonly device: string } & Halt;
  /** Two machines or more check in with its certificate, from these addresses. */
  "device-doubled": { readonly device: string } & Double;
  /** `keep`: who is right. */
  "device-adopted": { readonly device: string; readonly keep: Keep };
  /** The tags that operators gave it. */
  "device-tagged": { readonly device: string; readonly tags: Difference<readonly Tag[]> };
  /** `failed`: id of the transaction that is to be tried again. */
  retry: { readonly device: string; readonly failed: string };
  revoked: LockSaying;
  unrevoked: LockSaying;
  /** `name` and `prefix`: for whom alone it is; null: for whomever. */
  "token-made": {
    readonly token: string;
    readonly uses: number;
    readonly ends: number;
    readonly name: string | null;
    readonly prefix: string | null;
    readonly tags: readonly Tag[];
  };
  "token-revoked": { readonly token: string };
  /** `name`: what it calls itself, whoever that is; it must not fill the log of a device of that name. */
  "enrollment-waiting": {
    readonly name: string;
    readonly fingerprint: string;
    readonly token: string | null;
  };
  "enrollment-approved": EnrollmentKey;
  "enrollment-rejected": { readonly name: string; readonly fingerprint: string };
  /** It has its certificate: by this token, or null because an operator approved it. */
  "device-enrolled": Enrolled;
  /** With the first apps and paths. */
  drift: { readonly device: string } & Difference<number> &
    Pick<DriftReport, "apps" | "paths"> &
    Omitted<"apps" | "paths">;
  /** `reinstall`: id of the wish that an app be installed again. */
  reinstall: { readonly device: string; readonly app: string; readonly reinstall: string };
  /** `verify`: id of the wish that it look at all contents. */
  go: { readonly device: string; readonly breakLock: boolean };
  verify: { readonly device: string; readonly verify: string };
  /** `serial`: of the certificate that is to be renewed. */
  renew: { readonly device: string; readonly serial: string };
  verified: { readonly device: string; readonly verify: string; readonly count: number };
  "certificate-issued": CertificateSaying & { readonly ends: number; readonly fingerprint: string };
  /** `replaced`: serial numbers of those that count no more. */
  "certificate-replaced": CertificateSaying & { readonly replaced: readonly string[] };
  /** The one that was used all the same; `current`: serial number of the one that counts. */
  "certificate-cloned": CertificateSaying & { readonly current?: string };
  /** Certificates of the server's own files that end soon, or have ended; how many devices need another one, and the first of them. */
  "certificates-end": {
    readonly server: readonly EndingCertificate[];
    readonly devices: number;
    readonly ids: readonly string[];
  };
}

/** A certificate of the server's own files. */
export interface EndingCertificate {
  readonly use: "server" | "chain" | "ca" | "device-ca";
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly ends: number;
}

interface PacketSaying {
  readonly packet: Digest;
  readonly name: string;
  readonly tags: readonly Tag[];
}

interface CertificateSaying extends CertificateId {
  readonly device: string;
}

/** A device that joined. */
export interface Enrolled extends EnrollmentKey {
  readonly token: string | null;
  /** Given to it. */
  readonly tags: readonly Tag[];
  /** Of its certificate. */
  readonly serial: string;
}

interface LockSaying {
  readonly locked: LockedOut;
  readonly reason: string;
  /** The device whose certificate it is, as far as that is known. */
  readonly device?: string;
}

export type EventKind = keyof Sayings;

/** An event that is not in the log yet. */
export type NewEvent = { [K in EventKind]: { readonly kind: K } & Origin & Sayings[K] }[EventKind];

/** A line of the log: who did what, when and from where. `sequence` grows with each. */
export type Event = NewEvent & { readonly sequence: number };
