import type { Origin } from "./origin.ts";

/** Whom a lock keeps out: whoever has a certificate of a name, or only devices that have one, or the holder of one certificate. */
export type LockedOut =
  | { readonly kind: "name"; readonly name: string; readonly devicesOnly?: true | undefined }
  | {
      readonly kind: "certificate";
      readonly serial: string;
      /** As of `CertificateId`; null: of whichever issuer of ours. */
      readonly issuer: string | null;
    };

/** Somebody who is locked out, by whom, since when and why. */
export interface Revocation extends Origin {
  readonly locked: LockedOut;
  readonly reason: string;
}

/** By what a revocation is found: names have no whitespace. */
export function lockKey(locked: LockedOut): string {
  if (locked.kind === "certificate") return `serial ${locked.serial} ${locked.issuer ?? "*"}`;
  return `${locked.devicesOnly ? "device" : "name"} ${locked.name}`;
}

/** Who is locked out. */
export interface RevocationStore {
  /** Everybody, in the order in which they were locked out. */
  all(): Promise<readonly Revocation[]>;
  /** The one that `lockKey` finds, or undefined. */
  get(key: string): Promise<Revocation | undefined>;
  /** Locks out, all or none of them; who is locked out already stays so as it was. @returns those that are new */
  add(revocations: readonly Revocation[]): Promise<readonly Revocation[]>;
  /** Lets in again, all or none of them. @returns those that were locked out */
  remove(locked: readonly LockedOut[], origin: Origin): Promise<readonly Revocation[]>;
}
