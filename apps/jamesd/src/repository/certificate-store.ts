import type { CertificateId } from "@jamesd/pki/certificate-id";
import type { Origin } from "./origin.ts";

/** A certificate that was issued for a device. */
export interface IssuedCertificate extends CertificateId {
  readonly device: string;
  /** As `keyFingerprint` of its key. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly starts: number;
  readonly ends: number;
  /** In PEM. */
  readonly certificate: string;
}

/**
 * How far a certificate is: its device has not checked in with it yet; it has, and with none that came later; it has with a
 * later one, and this one counts no more.
 */
export type CertificateState = "issued" | "current" | "replaced";

/** That a replaced certificate was used: there are two machines that have its key. */
export interface CloneNote {
  /** Milliseconds since the epoch, of the last time. */
  readonly time: number;
  readonly address: string;
}

/** A certificate as it is kept. */
export interface KeptCertificate extends IssuedCertificate {
  readonly state: CertificateState;
  readonly clone: CloneNote | null;
}

/** The certificates of devices that the server issued, and those that they had before. */
export interface CertificateStore {
  /** Those that are in memory of all: replaced or not used yet, and not ended before that time (milliseconds). */
  pending(now: number): Promise<readonly KeptCertificate[]>;
  /** Those of a device, the oldest first. */
  ofDevice(device: string): Promise<readonly KeptCertificate[]>;
  /** Those for a key, of whichever device, the oldest first. */
  ofKey(fingerprint: string): Promise<readonly KeptCertificate[]>;
  /** Those with one of these serial numbers, of whichever device and issuer. */
  withSerials(serials: readonly string[]): Promise<readonly KeptCertificate[]>;
  /**
   * Keeps one that was issued instead of another, which counts as current if nothing was known of it; forgets what ended
   * before `forgetBefore`, but in an hour no more than the oldest day of it: a clock that is wrong by years for a moment does
   * not have all forgotten. A device has a few at most that it has not used. Where there is one already for that device and key that has not ended, that one stays.
   * @returns the one that is kept
   */
  renew(
    issued: IssuedCertificate,
    instead: IssuedCertificate,
    origin: Origin,
    forgetBefore: number,
  ): Promise<KeptCertificate>;
  /** Keeps one that a device has, and of which nothing was known, as current. */
  note(shown: IssuedCertificate): Promise<void>;
  /** A device has checked in with one for the first time: it is current, and all others of the device are replaced. Nothing where it is not `issued`. */
  use(device: string, id: CertificateId, origin: Origin): Promise<void>;
  /** One that is replaced was used. */
  noteClone(device: string, id: CertificateId, origin: Origin): Promise<void>;
}
