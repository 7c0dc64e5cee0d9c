import type { X509Certificate } from "node:crypto";
import { JamesError, roleText } from "@jamesd/model";
import { certificateId, isSameCertificate } from "@jamesd/pki/certificate-id";
import { type RoleSettings, readIdentity } from "@jamesd/pki/identity";
import { keyFingerprint } from "@jamesd/pki/public-key";
import { mayBeUsedAs } from "@jamesd/pki/purpose";
import { readSigningRequest, type SigningRequest } from "@jamesd/pki/signing-request";
import { isIssuedByAny } from "@jamesd/pki/vouching";
import type { Devices } from "../fleet/devices.ts";
import type { Follower } from "../fleet/follower.ts";
import { lastCertificate } from "../fleet/last-certificate.ts";
import { type Locks, lockedOut } from "../fleet/locks.ts";
import type { Presence } from "../fleet/presence.ts";
import type { Replacing } from "../fleet/replacing.ts";
import type {
  CertificateStore,
  IssuedCertificate,
  KeptCertificate,
} from "../repository/certificate-store.ts";
import type { Origin } from "../repository/origin.ts";
import { type DeviceAuthority, issuedOf } from "./device-authority.ts";
import type { Joined } from "./joining.ts";

/** What is to be decided or signed by others. */
export interface Asked {
  readonly request: SigningRequest;
  readonly pem: string;
  /** Nobody has to decide: it is only to be signed. */
  readonly isDue: boolean;
}

/** What renewing works on. */
export interface RenewalParts {
  readonly authority: Pick<DeviceAuthority, "canSign" | "issue">;
  readonly store: CertificateStore;
  readonly devices: Pick<Devices, "get">;
  readonly presence: Pick<Presence, "certificate">;
  readonly follower: Pick<Follower, "follow">;
  readonly locks: Pick<Locks, "keepsOut">;
  readonly replacing: Pick<Replacing, "noteClone">;
  /** Whom certificates belong to, with the authorities that there are now. */
  readonly roles: RoleSettings;
  /** Has somebody wait who asks, or gives what was decided and signed meanwhile. */
  readonly queue: (asked: Asked, origin: Origin) => Promise<Joined>;
  /** So long after its end a certificate is renewed without an operator, in milliseconds. */
  readonly renewExpiredMs: number;
}

const DAY_MS = 86_400_000;
/** A device has so many certificates that have not ended, used or not: whoever has its key could ask for more without end. */
const MOST_ALIVE = 64;
const TOO_MANY_RETRY_MS = 3_600_000;

/** Gives devices later certificates for those that they have. Asked again with the same key, the answer is the same. */
export class Renewals {
  readonly #parts: RenewalParts;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /**
   * A later certificate for a device whose connection shows that it has this one.
   * @throws JamesError RENEWAL_NOT_OFFERED, CERTIFICATE_INVALID, CERTIFICATE_REVOKED, NAME_INVALID, REQUEST_INVALID
   */
  async renew(pem: string, shown: X509Certificate, origin: Origin): Promise<Joined> {
    const { request, known } = await this.#read(pem, shown, origin);
    return known ? issued(known) : this.#issue({ request, pem, isDue: true }, shown, origin);
  }

  /**
   * A later certificate for a device whose own has ended, when it is its last one and that is not too long ago. Nobody has
   * verified it but the proof that the other side has its key.
   * @throws JamesError as `renew`; CERTIFICATE_REFUSED, CERTIFICATE_REPLACED, ROLE_FORBIDDEN
   */
  async renewEnded(
    pem: string,
    shown: X509Certificate | undefined,
    from: Omit<Origin, "author">,
  ): Promise<Joined> {
    if (!shown) throw refused("the connection has no client certificate");
    const device = this.#verify(shown, from.time);
    const origin = { ...from, author: device };
    const kept = await this.#parts.store.ofDevice(device);
    await this.#admit(device, shown, kept, origin);
    const { request, known } = await this.#read(pem, shown, origin);
    if (known) return issued(known);
    const isDue = await this.#isDue(device, shown, kept, from.time);
    const asked = { request, pem, isDue };
    return isDue ? this.#issue(asked, shown, origin) : this.#parts.queue(asked, origin);
  }

  async #issue(asked: Asked, shown: X509Certificate, origin: Origin): Promise<Joined> {
    const { authority, store, follower, queue, renewExpiredMs } = this.#parts;
    const instead = issuedOf(shown, { name: origin.author, fingerprint: keyFingerprint(shown.publicKey) });
    if (!authority.canSign) {
      // So that it counts no more when the device comes with what others sign.
      await store.note(instead);
      return queue(asked, origin);
    }
    const alive = (await store.ofDevice(origin.author)).filter(({ ends }) => ends >= origin.time);
    if (alive.length >= MOST_ALIVE) throw tooMany(origin.author);
    const later = await authority.issue(asked.request, origin.time);
    const kept = await store.renew(later, instead, origin, origin.time - renewExpiredMs - DAY_MS);
    await follower.follow();
    return issued(kept);
  }

  /** What is asked for, and the certificate that there is for it already. */
  async #read(pem: string, shown: X509Certificate, { author: device, time }: Origin) {
    const request = readSigningRequest(pem);
    if (request.name !== device) throw otherName(request.name, device);
    if (request.fingerprint === keyFingerprint(shown.publicKey)) throw usedKey(device);
    const ofKey = await this.#parts.store.ofKey(request.fingerprint);
    const isKeptOut = ofKey.some(
      (one) =>
        one.state !== "replaced" &&
        this.#parts.locks.keepsOut({ name: one.device, role: "device", certificate: one }),
    );
    if (isKeptOut) throw lockedOut(device);
    if (ofKey.some((one) => one.device !== device || one.state !== "issued")) throw usedKey(device);
    return { request, known: ofKey.findLast(({ ends }) => ends >= time) };
  }

  /** Whose certificate it is, whether it has ended or not. */
  #verify(shown: X509Certificate, now: number): string {
    const { roles } = this.#parts;
    const { devices = [], others = [] } = roles.authorities ?? {};
    if (!isIssuedByAny(shown, [...devices, ...others])) throw refused("the certificate is not of our CA");
    if (!mayBeUsedAs(shown, "client")) throw refused("the certificate is not a client's");
    if (Date.parse(shown.validFrom) > now) throw refused("the certificate is not valid yet");
    const { name, role } = readIdentity(shown, roles);
    if (role === "device") return name;
    throw new JamesError(
      "ROLE_FORBIDDEN",
      `${name} is ${roleText(role)}, and only devices' certificates are renewed`,
      {
        hint: "Issue another one where the first came from.",
      },
    );
  }

  /** @throws JamesError CERTIFICATE_REPLACED, CERTIFICATE_REVOKED */
  async #admit(
    device: string,
    shown: X509Certificate,
    kept: readonly KeptCertificate[],
    origin: Origin,
  ): Promise<void> {
    const id = certificateId(shown);
    const isReplaced = find(kept, shown)?.state === "replaced";
    if (isReplaced) {
      await this.#parts.replacing.noteClone(id, origin);
      throw new JamesError(
        "CERTIFICATE_REPLACED",
        `${device} has come with a later certificate than this one`,
        {
          hint: "Use the later one; a machine that was copied, or put back to how it was, joins anew.",
        },
      );
    }
    if (this.#parts.locks.keepsOut({ name: device, role: "device", certificate: id }))
      throw lockedOut(device);
  }

  /** True of the last certificate that a device had, as far as is known, which ended not too long ago: nobody has to decide. */
  async #isDue(
    device: string,
    shown: X509Certificate,
    kept: readonly KeptCertificate[],
    now: number,
  ): Promise<boolean> {
    const { devices, presence, renewExpiredMs } = this.#parts;
    if (now - Date.parse(shown.validTo) > renewExpiredMs) return false;
    if (kept.length > 0) return find(kept, shown) !== undefined;
    const last = lastCertificate({ id: device, record: (await devices.get(device))?.record }, presence);
    return last.certSerial === certificateId(shown).serial;
  }
}

function issued({ device, certificate }: IssuedCertificate): Joined {
  return { state: "issued", device, certificate };
}

function find(kept: readonly KeptCertificate[], shown: X509Certificate): KeptCertificate | undefined {
  const id = certificateId(shown);
  return kept.find((one) => isSameCertificate(one, id));
}

function refused(message: string): JamesError {
  return new JamesError("CERTIFICATE_REFUSED", message, {
    hint: "Connect with the device's own certificate; without one it joins anew.",
  });
}

function otherName(asked: string, device: string): JamesError {
  return new JamesError("REQUEST_INVALID", `the request is of ${asked}, and the certificate of ${device}`, {
    hint: "Ask for the name that the certificate has.",
  });
}

function usedKey(device: string): JamesError {
  return new JamesError("REQUEST_INVALID", `the key of the request of ${device} is not a new one`, {
    hint: "Make another key for each certificate.",
  });
}

function tooMany(device: string): JamesError {
  return new JamesError("SERVER_BUSY", `${device} has ${MOST_ALIVE} certificates that have not ended`, {
    hint: "It gets another one when some of them have; see events --device D why it asks so often.",
    retryAfterMs: TOO_MANY_RETRY_MS,
  });
}
