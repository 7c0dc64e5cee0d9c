import type { Tag } from "@jamesd/model";
import type { IssuedCertificate } from "./certificate-store.ts";
import type { Origin } from "./origin.ts";

/** Who wants to join: a name and a key, one of which alone says nothing. */
export interface EnrollmentKey {
  readonly device: string;
  /** SHA-256 of the public key, in hexadecimal. */
  readonly fingerprint: string;
}

/** How it stands with somebody who wants to join, and has no certificate yet. */
export type EnrollmentState = "waiting" | "approved" | "rejected";

/** Somebody who wants to join, or whom an operator expects. */
export interface Enrollment extends EnrollmentKey {
  readonly state: EnrollmentState;
  /** The signing request, in PEM; null: it has not asked yet. */
  readonly request: string | null;
  /** Given to the device with its certificate. */
  readonly tags: readonly Tag[];
  /** Id of the token that it came with; null: without one. */
  readonly token: string | null;
  /** Where it was said from, and what counts as one place there (`addressGroup`); of an expected one that of the operator. */
  readonly address: string;
  readonly place: string;
  /** When it was first said, and when it is forgotten, in milliseconds since the epoch. */
  readonly time: number;
  readonly ends: number;
}

/** How many may wait whom nobody has approved. */
export interface QueueBounds {
  readonly most: number;
  readonly mostOfPlace: number;
}

/** Who approves, and what the device gets. */
export interface Approval extends EnrollmentKey {
  readonly tags: readonly Tag[];
  readonly ends: number;
}

/** A device that may come in: by a token, or because it is approved. */
export interface Admission extends EnrollmentKey {
  readonly request: string;
  /** The token that lets it in; null: it must be approved. */
  readonly token: string | null;
  /** Given to the device, besides what its approval says. */
  readonly tags: readonly Tag[];
  /** Undefined: somebody else signs; it is approved until `ends`. */
  readonly issued: IssuedCertificate | undefined;
  readonly place: string;
  readonly ends: number;
  readonly origin: Origin;
}

/** What became of it: `refused` by a rejection or because the token is used up, ended or gone; `taken`: another key has the name. */
export type Admitted =
  | { readonly outcome: "issued"; readonly certificate: string }
  | { readonly outcome: "approved" | "taken" | "refused" };

/** Who wants to join: those who wait, are approved but have no certificate yet, and are rejected. */
export interface EnrollmentStore {
  /** All at a time, oldest first. */
  all(now: number): Promise<readonly Enrollment[]>;
  /** How many there are at a time, by how it stands with them. */
  counts(now: number): Promise<Readonly<Record<EnrollmentState, number>>>;
  get(key: EnrollmentKey, now: number): Promise<Enrollment | undefined>;
  /**
   * Puts somebody into the queue; when it is full, the oldest of the place goes that has most in it. Who is there already
   * stays as it is. @returns how it stands
   */
  wait(enrollment: Enrollment, bounds: QueueBounds): Promise<Enrollment>;
  /** Lets somebody in as soon as it asks, also one that has not; nobody else of that name is approved any more. */
  approve(approval: Approval, origin: Origin): Promise<Enrollment>;
  /** Lets a device in with another key, for which it asks itself, unless another one of its name is approved: what was decided first is not overruled. */
  approveNext(approval: Approval, origin: Origin): Promise<void>;
  /** @param ends until when it is refused @returns how it stands; undefined: there is nobody */
  reject(key: EnrollmentKey, ends: number, origin: Origin): Promise<Enrollment | undefined>;
  /** Lets a device in, all of it or nothing: the token's use, the certificate, the tags, the end of its waiting. Once more it is the same certificate. */
  admit(admission: Admission): Promise<Admitted>;
  /** Lets in whoever has asked for this certificate, whether it was approved or not, as `admit` does; who is not there is passed over. */
  certify(issued: IssuedCertificate, origin: Origin): Promise<void>;
  /** True when another key has this name: a known device's, that of a certificate that counts, or one that is approved. */
  isTaken(key: EnrollmentKey, now: number): Promise<boolean>;
}
