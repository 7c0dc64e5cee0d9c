import type { X509Certificate } from "node:crypto";
import { JamesError, parseGivenTags, type Tag } from "@jamesd/model";
import { isSameCertificate } from "@jamesd/pki/certificate-id";
import { parseSubjectName } from "@jamesd/pki/subject";
import type { Follower } from "../fleet/follower.ts";
import type { IssuedCertificate } from "../repository/certificate-store.ts";
import type { Enrollment, EnrollmentKey } from "../repository/enrollment-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { DeviceAuthority } from "./device-authority.ts";
import { APPROVED_MS } from "./joining.ts";

/** Whom to let in. */
export interface ApprovalRequest extends EnrollmentKey {
  readonly tags: readonly Tag[];
  /** It need not have asked yet. */
  readonly isExpected: boolean;
  /** So long it is expected; undefined: as usual. */
  readonly forMs: number | undefined;
}

/** Somebody who wants to join, and whether another key has that name. */
export interface ListedEnrollment extends Enrollment {
  readonly isTaken: boolean;
}

/** What approvals work on. */
export interface ApprovalsParts {
  readonly repository: Pick<Repository, "enrollments" | "certificates" | "devices">;
  readonly authority: DeviceAuthority;
  readonly follower: Follower;
}

/** So long who was rejected is refused; after that it may wait again. */
const REJECTED_MS = 7 * 86_400_000;

/** What operators decide about those who want to join. */
export class Approvals {
  readonly #parts: ApprovalsParts;

  constructor(parts: ApprovalsParts) {
    this.#parts = parts;
  }

  /** Who waits, is approved and has no certificate yet, or was rejected at a time; oldest first. */
  async list(now: number): Promise<readonly ListedEnrollment[]> {
    const { enrollments } = this.#parts.repository;
    const listed: ListedEnrollment[] = [];
    for (const one of await enrollments.all(now))
      listed.push({ ...one, isTaken: await enrollments.isTaken(one, now) });
    return listed;
  }

  /** @returns how it stands now @throws JamesError ENROLLMENT_UNKNOWN, NAME_INVALID, TAG_INVALID */
  async approve(request: ApprovalRequest, origin: Origin): Promise<ListedEnrollment> {
    const { device, fingerprint, tags, isExpected, forMs = APPROVED_MS } = request;
    const { enrollments } = this.#parts.repository;
    const key = { device: parseSubjectName(device), fingerprint };
    if (!isExpected && !(await enrollments.get(key, origin.time))) throw unknown(key);
    const ends = origin.time + forMs;
    const approved = await enrollments.approve({ ...key, tags: parseGivenTags(tags), ends }, origin);
    return { ...approved, isTaken: await enrollments.isTaken(key, origin.time) };
  }

  /** @throws JamesError ENROLLMENT_UNKNOWN */
  async reject(key: EnrollmentKey, origin: Origin): Promise<ListedEnrollment> {
    const { enrollments } = this.#parts.repository;
    const rejected = await enrollments.reject(key, origin.time + REJECTED_MS, origin);
    if (!rejected) throw unknown(key);
    return { ...rejected, isTaken: await enrollments.isTaken(key, origin.time) };
  }

  /** Takes what the device CA signed elsewhere, of who asked for it: its key's holder says by that who is let in. @throws JamesError CERTIFICATE_INVALID, ENROLLMENT_UNKNOWN */
  async addCertificate(certificate: X509Certificate, origin: Origin): Promise<IssuedCertificate> {
    const { repository, authority, follower } = this.#parts;
    const issued = authority.accept(certificate);
    const { device, fingerprint } = issued;
    const key = { device, fingerprint };
    const held = await repository.certificates.ofKey(fingerprint);
    if (held.some((one) => isSameCertificate(one, issued))) return issued;
    if (!(await repository.enrollments.get(key, origin.time))) throw unknown(key);
    await repository.enrollments.certify(issued, origin);
    await follower.follow();
    return issued;
  }
}

function unknown({ device, fingerprint }: EnrollmentKey): JamesError {
  return new JamesError(
    "ENROLLMENT_UNKNOWN",
    `nobody wants to join as ${device} with the key ${fingerprint}`,
    { hint: "jamesd-ctl list-enrollments shows who does; preauthorize lets in one that has not asked yet." },
  );
}
