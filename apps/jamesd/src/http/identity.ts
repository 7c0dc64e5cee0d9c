import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { JamesError } from "@jamesd/model";
import { type CertificateId, certificateId } from "@jamesd/pki/certificate-id";
import { type Identity, type RoleSettings, readIdentity } from "@jamesd/pki/identity";
import { type LockListener, type Locks, lockedOut } from "../fleet/locks.ts";

/** Who is at the other end, as the certificate says. */
export interface Holder extends Identity {
  /** Under what it is counted what it takes: a person's share is no device's that joined under the same name. */
  readonly account: string;
  /** When the certificate begins, in milliseconds since the epoch. */
  readonly certStarts: number;
  /** When the certificate ends, in milliseconds since the epoch: a connection must not outlive it. */
  readonly certEnds: number;
  /** The subject of who issued it, in one line. */
  readonly issuer: string;
  readonly certificate: CertificateId;
  /** The certificate itself, read anew. */
  readonly shown: () => X509Certificate;
  /** The number of the connection: no other one has it, before or after. */
  readonly connection: number;
}

/** Who is at the other end, read once per connection: parsing a certificate on each request costs four times the request. */
export class Identities {
  readonly #known = new WeakMap<TLSSocket, Holder>();
  readonly #roles: RoleSettings;
  readonly #locks: Locks;
  readonly #now: () => number;
  #connections = 0;

  constructor(roles: RoleSettings, locks: Locks, now: () => number) {
    this.#roles = roles;
    this.#locks = locks;
    this.#now = now;
  }

  /** @throws JamesError CERTIFICATE_INVALID, CERTIFICATE_REFUSED, CERTIFICATE_REPLACED, CERTIFICATE_REVOKED, ROLE_FORBIDDEN */
  of(socket: TLSSocket): Holder {
    const holder = this.#known.get(socket) ?? this.#read(socket);
    // Whatever was agreed on in the handshake, and whoever resumed it, was agreed on before.
    if (this.#locks.keepsOut(holder)) throw this.#keptOut(holder);
    this.requireUnended(holder);
    return holder;
  }

  /** Before somebody is told what it waited for. Who was locked out meanwhile has no connection any more. @throws JamesError CERTIFICATE_REFUSED */
  requireUnended({ name, certEnds }: Holder): void {
    if (this.#now() <= certEnds) return;
    throw new JamesError("CERTIFICATE_REFUSED", `the certificate of ${name} has expired`, {
      hint: "Issue a new one and connect again.",
    });
  }

  /** Who is at the other end, and was let in at first, whatever has become of that. */
  known(socket: TLSSocket): Holder | undefined {
    return this.#known.get(socket);
  }

  /** True when whoever is at the other end was let in, and is locked out. */
  isLockedOut(socket: TLSSocket): boolean {
    const holder = this.#known.get(socket);
    return holder !== undefined && this.#locks.keepsOut(holder);
  }

  /** Calls whenever others are locked out than before. */
  onLockChange(listener: LockListener): void {
    this.#locks.onChange(listener);
  }

  #read(socket: TLSSocket): Holder {
    const certificate = shownBy(socket);
    if (!socket.authorized) throw notOurs();
    this.#connections += 1;
    const identity = readIdentity(certificate, this.#roles);
    const holder = {
      ...identity,
      account: accountOf(identity),
      certStarts: Date.parse(certificate.validFrom),
      certEnds: Date.parse(certificate.validTo),
      issuer: certificate.issuer.replaceAll("\n", ", "),
      certificate: certificateId(certificate),
      shown: () => shownBy(socket),
      connection: this.#connections,
    };
    this.#locks.issuers.met(holder.issuer, holder.certificate.issuer);
    this.#known.set(socket, holder);
    return holder;
  }

  #keptOut(holder: Holder): JamesError {
    return this.#locks.isOutdated(holder.certificate) ? replaced(holder) : lockedOut(holder.name);
  }
}

/** A device's is its name: by that its connections are found. No name has a blank. */
function accountOf({ name, role }: Identity): string {
  return role === "device" ? name : `the ${role} ${name}`;
}

function shownBy(socket: TLSSocket): X509Certificate {
  const certificate = socket.getPeerX509Certificate();
  if (certificate) return certificate;
  throw notOurs();
}

function notOurs(): JamesError {
  return new JamesError("CERTIFICATE_REFUSED", "the connection has no client certificate of our CA");
}

function replaced({ name }: Holder): JamesError {
  return new JamesError("CERTIFICATE_REPLACED", `${name} has come with a later certificate than this one`, {
    hint: "Use the later one; a machine that has none was copied from another, or put back to how it was: have it join anew.",
  });
}
