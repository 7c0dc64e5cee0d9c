import { JamesError } from "@jamesd/model";
import type { KeptCertificate } from "../repository/certificate-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import { type LockedOut, lockKey, type Revocation } from "../repository/revocation-store.ts";
import { Slices } from "../running/slices.ts";
import type { Follower } from "./follower.ts";
import { type Lockable, Locks } from "./locks.ts";
import type { ScopeJudge } from "./scope-judge.ts";

/** Whom to lock out, and why. */
export interface LockOutRequest {
  readonly locked: LockedOut;
  readonly reason: string;
}

/** A device that has a certificate, and by which key. */
export interface Holder {
  readonly device: string;
  /** As `keyFingerprint`. */
  readonly fingerprint: string;
}

/** Somebody who is locked out, with the devices that have the certificate. */
export interface KnownRevocation extends Revocation {
  readonly holders: readonly Holder[];
}

/** The certificates of so many are looked up at once. */
const AT_ONCE = 500;

type CertificateLock = Extract<LockedOut, { readonly kind: "certificate" }>;

/** What locking out works on. */
export interface LockOutParts {
  readonly repository: Pick<Repository, "revocations" | "certificates">;
  readonly follower: Follower;
  readonly locks: Locks;
  readonly scopes: Pick<ScopeJudge, "holder" | "whole">;
}

/** Locks out who has a certificate of ours all the same, and lets in again. It counts before the answer. */
export class LockOut {
  readonly #parts: LockOutParts;

  constructor(parts: LockOutParts) {
    this.#parts = parts;
  }

  /**
   * Locks out; who is locked out already stays so as it was. `by`: who asks, and would not come in again to take it back.
   * With a certificate of a device go those that it was issued and has not used: whoever had that one could ask for them.
   * Who has a scope locks out devices only: a name that one of them has may be a person's as well.
   * @returns what is new @throws JamesError REQUEST_INVALID, SCOPE_EXCEEDED
   */
  async revoke(
    { locked: asked, reason }: LockOutRequest,
    origin: Origin,
    by: Lockable,
  ): Promise<readonly Revocation[]> {
    this.#requireScope(asked, origin);
    const locked = origin.scope ? ofDevices(asked) : asked;
    const all = [locked, ...(locked.kind === "certificate" ? await this.#unusedBeside(locked) : [])];
    const revocations = all.map((one) => ({ locked: one, reason, ...origin }));
    if (new Locks(revocations).keepsOut(by)) throw lockingOneselfOut(by.name);
    const added = await this.#parts.repository.revocations.add(revocations);
    await this.#parts.follower.follow();
    return added;
  }

  async #unusedBeside(lock: CertificateLock): Promise<readonly LockedOut[]> {
    const { certificates } = this.#parts.repository;
    const { serial } = lock;
    const locked = await this.#certificatesOf(lock);
    const beside = await Promise.all(locked.map(({ device }) => certificates.ofDevice(device)));
    return beside
      .flat()
      .filter((one) => one.state === "issued" && one.serial !== serial)
      .map((one) => ({ kind: "certificate", serial: one.serial, issuer: one.issuer }));
  }

  /** Lets in again. @returns who was locked out @throws JamesError REVOCATION_UNKNOWN, SCOPE_EXCEEDED */
  async unrevoke(locked: LockedOut, origin: Origin): Promise<readonly Revocation[]> {
    this.#requireScope(locked, origin);
    if (origin.scope) await this.#requireNoOthers(locked, origin);
    // Who is to come in again is not to be kept out by the narrower lock.
    const lifted = new Set(origin.scope ? [ofDevices(locked)] : [locked, ofDevices(locked)]);
    const removed = await this.#parts.repository.revocations.remove([...lifted], origin);
    await this.#parts.follower.follow();
    if (removed.length === 0) throw notLockedOut(locked);
    return removed;
  }

  /** Of a certificate by its number nobody can tell whose it is. @throws JamesError SCOPE_EXCEEDED */
  #requireScope(locked: LockedOut, origin: Origin): void {
    const { scopes } = this.#parts;
    if (locked.kind === "name") scopes.holder(origin, locked.name);
    else scopes.whole(origin, `the certificate ${locked.serial}`);
  }

  /** What keeps out people as well is not lifted by who may change devices only. @throws JamesError SCOPE_EXCEEDED */
  async #requireNoOthers(locked: LockedOut, origin: Origin): Promise<void> {
    const { repository, scopes } = this.#parts;
    if (
      locked.kind !== "name" ||
      !(await repository.revocations.get(lockKey({ kind: "name", name: locked.name })))
    )
      return;
    scopes.whole(origin, `the lock of ${locked.name}, which keeps out people as well,`);
  }

  /** Everybody who is locked out, in the order in which that was done; of certificates also whose they are, as far as that is known. */
  async list(): Promise<readonly KnownRevocation[]> {
    const all = this.#parts.locks.all();
    const listed: KnownRevocation[] = [];
    const slices = new Slices();
    for (let from = 0; from < all.length; from += AT_ONCE) {
      if (slices.isOver) await slices.next();
      listed.push(...(await this.#withHolders(all.slice(from, from + AT_ONCE))));
    }
    return listed;
  }

  async #withHolders(revocations: readonly Revocation[]): Promise<readonly KnownRevocation[]> {
    const serials = revocations.flatMap(({ locked }) =>
      locked.kind === "certificate" ? [locked.serial] : [],
    );
    const found = await this.#parts.repository.certificates.withSerials(serials);
    const known = Map.groupBy(found, ({ serial }) => serial);
    return revocations.map((one) => ({ ...one, holders: holdersOf(one.locked, known) }));
  }

  /** Those that the server issued of the certificates that a lock is of. */
  async #certificatesOf(lock: CertificateLock): Promise<readonly KeptCertificate[]> {
    const found = await this.#parts.repository.certificates.withSerials([lock.serial]);
    return found.filter((one) => isOf(one, lock));
  }
}

function holdersOf(
  locked: LockedOut,
  known: ReadonlyMap<string, readonly KeptCertificate[]>,
): readonly Holder[] {
  if (locked.kind === "name") return [];
  const certificates = (known.get(locked.serial) ?? []).filter((one) => isOf(one, locked));
  return certificates.map(({ device, fingerprint }) => ({ device, fingerprint }));
}

/** True of a certificate with a lock's number that the lock is of: it may be of any issuer. */
function isOf(certificate: KeptCertificate, { issuer }: CertificateLock): boolean {
  return issuer === null || issuer === certificate.issuer;
}

/** The same lock, of a name for devices alone. */
function ofDevices(locked: LockedOut): LockedOut {
  return locked.kind === "name" && !locked.devicesOnly ? { ...locked, devicesOnly: true } : locked;
}

function lockingOneselfOut(name: string): JamesError {
  return new JamesError("REQUEST_INVALID", `${name} would lock out itself, and could not take it back`, {
    hint: "Have another operator do it, with a certificate of another name.",
  });
}

function notLockedOut(locked: LockedOut): JamesError {
  const whom =
    locked.kind === "name" ? `nobody called ${locked.name} is` : `the certificate ${locked.serial} is not`;
  return new JamesError("REVOCATION_UNKNOWN", `${whom} locked out`, {
    hint: "jamesd-ctl list-revoked shows who is.",
  });
}
