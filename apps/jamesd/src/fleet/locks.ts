import type { RevocationList } from "@jamesd/pki/revocation-list";
import { lockKey, type Revocation } from "../repository/revocation-store.ts";

/** What of a certificate may be locked out. */
export interface Lockable {
  /** Its common name. */
  readonly name: string;
  /** As of `CertificateId`. */
  readonly certificate: { readonly serial: string; readonly issuer: string };
}

/** Who is locked out, in memory: it is asked at every request. */
export class Locks {
  readonly #revocations = new Map<string, Revocation>();
  /** Of the locks that are of a certificate: no other one has to be looked up with its issuer. */
  readonly #serials = new Set<string>();
  /** The authorities' own lists. */
  #lists: readonly RevocationList[] = [];
  /** Issuers of whom nobody is let in. */
  #closed: ReadonlySet<string> = new Set();
  readonly #listeners = new Set<() => void>();

  constructor(revocations: readonly Revocation[]) {
    for (const revocation of revocations) this.#add(revocation);
  }

  /** True when nobody may come in with this certificate. */
  keepsOut({ name, certificate: { serial, issuer } }: Lockable): boolean {
    if (this.#revocations.has(lockKey({ kind: "name", name }))) return true;
    if (this.#closed.has(issuer)) return true;
    if (this.#lists.some((list) => list.issuer === issuer && list.serials.has(serial))) return true;
    if (!this.#serials.has(serial)) return false;
    return [issuer, null].some((of) =>
      this.#revocations.has(lockKey({ kind: "certificate", serial, issuer: of })),
    );
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

  /** Calls whenever others are locked out than before. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #add(revocation: Revocation): void {
    const { locked } = revocation;
    this.#revocations.set(lockKey(locked), revocation);
    if (locked.kind === "certificate") this.#serials.add(locked.serial);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
