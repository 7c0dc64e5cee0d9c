import { JamesError, type Role } from "@jamesd/model";
import type { CertificateId } from "@jamesd/pki/certificate-id";
import type { RevocationList } from "@jamesd/pki/revocation-list";
import { lockKey, type Revocation } from "../repository/revocation-store.ts";
import { Issuers } from "./issuers.ts";

/** What of a certificate may be locked out. */
export interface Lockable {
  /** Its common name. */
  readonly name: string;
  /** Of whom it is. */
  readonly role: Role;
  /** As of `CertificateId`. */
  readonly certificate: CertificateId;
}

/** A certificate of a device that has a later one. */
interface Outdated extends CertificateId {
  /** Milliseconds since the epoch. */
  readonly ends: number;
}

/** Why nobody may come in as a device; what is null is not known of who is on an authority's own list. */
export interface LockView {
  /** Milliseconds since the epoch. */
  readonly time: number | null;
  readonly author: string | null;
  readonly reason: string;
}

/** What is known of the certificate that a device came with last. */
export interface ShownCertificate {
  /** As of `CertificateId`. */
  readonly certSerial: string | null | undefined;
  /** In words. */
  readonly certIssuer: string | null | undefined;
}

/** Told that others are locked out than before: of one name, or, undefined, of any. */
export type LockListener = (name?: string) => void;

const LEAST_OUTDATED = 1024;

/** Who is locked out, in memory: it is asked at every request. */
export class Locks {
  /** By whom the certificates are that people came with. */
  readonly issuers = new Issuers();
  readonly #revocations = new Map<string, Revocation>();
  /** Of the locks that are of a certificate: no other one has to be looked up with its issuer. */
  readonly #serials = new Set<string>();
  /** The authorities' own lists. */
  #lists: readonly RevocationList[] = [];
  /** Issuers of whom nobody is let in. */
  #closed: ReadonlySet<string> = new Set();
  /** When the certificates end of devices that have later ones, by issuer and number: two issuers may count from 1. */
  readonly #outdated = new Map<string, number>();
  /** When there are so many, those that have ended are forgotten. */
  #mostOutdated = LEAST_OUTDATED;
  readonly #listeners = new Set<LockListener>();

  constructor(revocations: readonly Revocation[]) {
    for (const revocation of revocations) this.#add(revocation);
  }

  /** True when nobody may come in with this certificate. */
  keepsOut({ name, role, certificate }: Lockable): boolean {
    const { serial, issuer } = certificate;
    if (this.#revocations.has(lockKey({ kind: "name", name }))) return true;
    if (role === "device" && this.#revocations.has(lockKey({ kind: "name", name, devicesOnly: true })))
      return true;
    if (this.#closed.has(issuer) || this.isOutdated(certificate)) return true;
    if (this.#lists.some((list) => list.issuer === issuer && list.serials.has(serial))) return true;
    if (!this.#serials.has(serial)) return false;
    return [issuer, null].some((of) =>
      this.#revocations.has(lockKey({ kind: "certificate", serial, issuer: of })),
    );
  }

  /** Why a device is locked out, by its name or by the certificate that it came with last; undefined: it is not. */
  lockOf(device: string, last: ShownCertificate | undefined): LockView | undefined {
    const { certSerial: serial, certIssuer } = last ?? {};
    if (this.#revocations.size > 0) {
      const revocation =
        this.#revocations.get(lockKey({ kind: "name", name: device })) ??
        this.#revocations.get(lockKey({ kind: "name", name: device, devicesOnly: true })) ??
        this.#ofCertificate(serial, certIssuer);
      if (revocation) return revocation;
    }
    const isListed = this.#lists.some(
      ({ serials, issuer }) => serial && serials.has(serial) && this.issuers.mayBe(certIssuer, issuer),
    );
    return isListed
      ? { time: null, author: null, reason: "it is on the list of its authority (--crl)" }
      : undefined;
  }

  /** True of a device's certificate that counts no more, since the device has come with a later one. */
  isOutdated(certificate: CertificateId): boolean {
    return this.#outdated.has(outdatedKey(certificate));
  }

  /** Everybody, in the order in which they were locked out. */
  all(): readonly Revocation[] {
    return [...this.#revocations.values()];
  }

  /** Takes over what changed, by the keys of the locks; undefined: there is none any more. */
  change(changed: ReadonlyMap<string, Revocation | undefined>): void {
    if (changed.size === 0) return;
    for (const [key, revocation] of changed)
      if (revocation) this.#add(revocation);
      else this.#revocations.delete(key);
    this.#tell();
  }

  /** Takes these for all that there are. */
  replace(revocations: readonly Revocation[]): void {
    this.#revocations.clear();
    this.#serials.clear();
    for (const revocation of revocations) this.#add(revocation);
    this.#tell();
  }

  /** Takes over what the authorities' own lists say, and whose certificates are let in no more at all. */
  list(lists: readonly RevocationList[], closed: readonly string[]): void {
    this.#lists = lists;
    this.#closed = new Set(closed);
    this.#tell();
  }

  /** Keeps out whoever comes with these certificates of a device, until they have ended; `now` in milliseconds since the epoch. */
  outdate(device: string, certificates: readonly Outdated[], now: number): void {
    const more = certificates.filter((one) => !this.isOutdated(one));
    if (more.length === 0) return;
    if (this.#outdated.size >= this.#mostOutdated) this.#forgetEnded(now);
    for (const one of more) this.#outdated.set(outdatedKey(one), one.ends);
    this.#tell(device);
  }

  /** How many certificates of devices are kept out because there are later ones. */
  get outdated(): number {
    return this.#outdated.size;
  }

  /** Calls whenever others are locked out than before. */
  onChange(listener: LockListener): void {
    this.#listeners.add(listener);
  }

  #ofCertificate(
    serial: string | null | undefined,
    words: string | null | undefined,
  ): Revocation | undefined {
    if (!serial || !this.#serials.has(serial)) return undefined;
    return this.all().find(
      ({ locked }) =>
        locked.kind === "certificate" &&
        locked.serial === serial &&
        (locked.issuer === null || this.issuers.mayBe(words, locked.issuer)),
    );
  }

  #add(revocation: Revocation): void {
    const { locked } = revocation;
    this.#revocations.set(lockKey(locked), revocation);
    if (locked.kind === "certificate") this.#serials.add(locked.serial);
  }

  // The next time there are twice as many, so that it costs each of them the same.
  #forgetEnded(now: number): void {
    for (const [key, ends] of this.#outdated) if (ends < now) this.#outdated.delete(key);
    this.#mostOutdated = Math.max(LEAST_OUTDATED, 2 * this.#outdated.size);
  }

  #tell(name?: string): void {
    for (const listener of this.#listeners) listener(name);
  }
}

function outdatedKey({ issuer, serial }: CertificateId): string {
  return `${issuer} ${serial}`;
}

/** @returns CERTIFICATE_REVOKED, for who comes with a certificate that is locked out, or of a name that is */
export function lockedOut(name: string): JamesError {
  return new JamesError("CERTIFICATE_REVOKED", `${name} is locked out`, {
    hint: "Ask an operator of the fleet; jamesd-ctl list-revoked says why.",
  });
}
