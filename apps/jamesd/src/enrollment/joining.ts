import { JamesError, shellWord } from "@jamesd/model";
import { readSigningRequest, type SigningRequest } from "@jamesd/pki/signing-request";
import type { Follower } from "../fleet/follower.ts";
import type { Locks } from "../fleet/locks.ts";
import type { KeptCertificate } from "../repository/certificate-store.ts";
import type { EnrollToken } from "../repository/enroll-token-store.ts";
import type { Admission, Enrollment, QueueBounds } from "../repository/enrollment-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { DeviceAuthority } from "./device-authority.ts";
import type { EnrollTokens, ShownToken } from "./enroll-tokens.ts";

/** A device that asks to join. */
export interface JoinRequest {
  /** A signing request in PEM. */
  readonly request: string;
  readonly token: ShownToken | undefined;
  readonly address: string;
  /** What counts as one place on the network there. */
  readonly place: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** What it is told: its certificate in PEM, or that it is to ask again. */
export type Joined =
  | { readonly state: "issued"; readonly device: string; readonly certificate: string }
  | { readonly state: "waiting"; readonly fingerprint: string; readonly retryInMs: number };

/** What joining works on. */
export interface JoiningParts {
  readonly repository: Pick<Repository, "enrollments" | "certificates">;
  readonly tokens: EnrollTokens;
  readonly authority: DeviceAuthority;
  readonly locks: Locks;
  readonly follower: Follower;
  /** Called before somebody of a place is written down of whom nothing is proved. @throws JamesError SERVER_BUSY */
  readonly spendWaiting: (place: string) => void;
  /** Called before it is written down that another certificate of a device is to be signed elsewhere. @throws JamesError SERVER_BUSY */
  readonly spendSigning: (device: string) => void;
  /** A number from 0 to under 1. */
  readonly random: () => number;
}

const DAY_MS = 86_400_000;
/** How many may wait whom nobody has approved: who fills the queue drives out only those of its own place. */
const QUEUE: QueueBounds = { most: 1000, mostOfPlace: 100 };
/** So long they wait. */
const WAITING_MS = 7 * DAY_MS;
/** So long there is time to sign elsewhere what is approved. */
export const APPROVED_MS = 30 * DAY_MS;
/** Who waits asks again after so long, and up to as much longer. */
const RETRY_MS = 10_000;

/** Lets devices in that have no certificate: by a token, as an operator approved them, or after they have waited for that. */
export class Joining {
  readonly #parts: JoiningParts;

  constructor(parts: JoiningParts) {
    this.#parts = parts;
  }

  /**
   * Answers a device that asks; the same request again gets the same certificate.
   * @throws JamesError CERTIFICATE_INVALID, NAME_INVALID, ENROLLMENT_REFUSED, SERVER_BUSY
   */
  async ask(asking: JoinRequest): Promise<Joined> {
    const request = readSigningRequest(asking.request);
    const { repository, tokens } = this.#parts;
    const { name: device, fingerprint } = request;
    const known = await repository.enrollments.get({ device, fingerprint }, asking.time);
    // Later: who is let in meanwhile is no more among those who wait, and has a certificate here.
    const held = await repository.certificates.ofKey(fingerprint);
    if (this.#isLockedOut(device, held)) throw refused(request);
    if (known?.state === "rejected") throw refused(request);
    if (known?.state === "approved") return this.#admit(request, asking, known, undefined);
    const issued = held.find(
      (one) => one.device === device && one.state !== "replaced" && asking.time < one.ends,
    );
    // An answer that was lost is given again: the token's use has been counted.
    if (issued) return { state: "issued", device, certificate: issued.certificate };
    // With its token as well it waits, where another key has its name.
    if (!asking.token || known?.token === asking.token.id)
      return this.#wait(request, asking, known, undefined);
    const token = await tokens.usable(asking.token, device, asking.time);
    return token ? this.#admit(request, asking, known, token) : this.#refuse(request);
  }

  /** Answers a device whose certificate is to be renewed, and not at once: it waits as one that joins, for who decides or only for who signs. @throws JamesError as `ask` */
  async askAgain(
    {
      pem,
      request,
      isDue,
    }: { readonly pem: string; readonly request: SigningRequest; readonly isDue: boolean },
    { place, ...origin }: Origin & { readonly place: string },
  ): Promise<Joined> {
    const { name: device, fingerprint } = request;
    const { address, time } = origin;
    const { repository, spendSigning } = this.#parts;
    const { enrollments } = repository;
    const known = await enrollments.get({ device, fingerprint }, time);
    if (isDue && !known) spendSigning(device);
    // One that waits since another key of the name was approved before.
    if (isDue && (!known || known.state === "waiting"))
      await enrollments.approveNext({ device, fingerprint, tags: [], ends: time + APPROVED_MS }, origin);
    return this.ask({ request: pem, token: undefined, address, place, time });
  }

  async #admit(
    request: SigningRequest,
    asking: JoinRequest,
    known: Enrollment | undefined,
    token: EnrollToken | undefined,
  ): Promise<Joined> {
    const { authority, repository, follower } = this.#parts;
    const { name: device, fingerprint } = request;
    // What is to be signed elsewhere is asked for again and again.
    if (!authority.canSign && known?.state === "approved" && known.request !== null)
      return this.#waiting(known);
    const issued = authority.canSign ? await authority.issue(request, asking.time) : undefined;
    const admission: Admission = {
      ...{ device, fingerprint, request: asking.request, issued, place: asking.place },
      ...{ token: token?.id ?? null, tags: token?.tags ?? [], ends: asking.time + APPROVED_MS },
      origin: { author: device, address: asking.address, time: asking.time },
    };
    const admitted = await repository.enrollments.admit(admission);
    await follower.follow();
    if (admitted.outcome === "issued") return { state: "issued", device, certificate: admitted.certificate };
    if (admitted.outcome === "approved") return this.#waiting({ fingerprint });
    return admitted.outcome === "taken" ? this.#wait(request, asking, known, token) : this.#refuse(request);
  }

  async #wait(
    request: SigningRequest,
    asking: JoinRequest,
    known: Enrollment | undefined,
    token: EnrollToken | undefined,
  ): Promise<Joined> {
    if (known) return this.#waiting(known);
    const { repository, spendWaiting } = this.#parts;
    const { name: device, fingerprint } = request;
    const { address, place, time } = asking;
    spendWaiting(place);
    const { id = null, tags = [] } = token ?? {};
    const enrollment: Enrollment = {
      ...{ device, fingerprint, state: "waiting", request: asking.request, tags, token: id },
      ...{ address, place, time, ends: time + WAITING_MS },
    };
    const now = await repository.enrollments.wait(enrollment, QUEUE);
    return now.state === "rejected" ? this.#refuse(request) : this.#waiting(now);
  }

  #waiting({ fingerprint }: Pick<Enrollment, "fingerprint">): Joined {
    return { state: "waiting", fingerprint, retryInMs: Math.round(RETRY_MS * (1 + this.#parts.random())) };
  }

  /** By its name, or because the key was that of a certificate that is locked out, under whatever name. */
  #isLockedOut(name: string, held: readonly KeptCertificate[]): boolean {
    const asked = { name, certificate: { serial: "", issuer: "" } };
    const all = [asked, ...held.map((one) => ({ name: one.device, certificate: one }))];
    return all.some((one) => this.#parts.locks.keepsOut({ ...one, role: "device" }));
  }

  #refuse(request: SigningRequest): never {
    throw refused(request);
  }
}

// Whoever it is need not know why: whether there is such a token, such a device, or a lock.
function refused({ name, fingerprint }: SigningRequest): JamesError {
  return new JamesError("ENROLLMENT_REFUSED", `${name} is not let in`, {
    hint: `Is it called what the token is for (--id)? Else ask an operator of the fleet for a new token, or to approve this key: jamesd-ctl preauthorize --id ${shellWord(name)} --key-fingerprint ${fingerprint}`,
  });
}
