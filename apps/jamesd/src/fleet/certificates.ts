import { type CertificateId, isSameCertificate } from "@jamesd/pki/certificate-id";
import type { CloneNote, KeptCertificate } from "../repository/certificate-store.ts";
import type { Locks, LockView, ShownCertificate } from "./locks.ts";

/** A certificate that was used though its device has another one. */
export interface Clone extends CloneNote {
  readonly serial: string;
  /** When it ends, in milliseconds since the epoch: nobody comes in with it after that. */
  readonly ends: number;
}

/** Which certificates of devices were not used yet, and which of those that count no more were: a cache of the repository. */
export class Certificates {
  readonly #locks: Locks;
  readonly #unused = new Map<string, readonly CertificateId[]>();
  readonly #clones = new Map<string, Clone>();
  /** Whether there is an authority for devices here, so that agents that know how to have theirs renewed by themselves. */
  readonly areRenewed: boolean;

  /** @param locks keep out whoever comes with one that is replaced */
  constructor(locks: Locks, areRenewed: boolean) {
    this.#locks = locks;
    this.areRenewed = areRenewed;
  }

  /** True of one that its device has not checked in with. */
  isUnused(device: string, certificate: CertificateId): boolean {
    return this.#unused.get(device)?.some((one) => isSameCertificate(one, certificate)) ?? false;
  }

  /** The last time that one of a device was used though it counts no more; undefined: never, or it has ended. */
  cloneOf(device: string, now: number): Clone | undefined {
    const clone = this.#clones.get(device);
    return clone && clone.ends >= now ? clone : undefined;
  }

  /** Why a device is locked out; undefined: it is not. */
  lockOf(device: string, last: ShownCertificate): LockView | undefined {
    return this.#locks.lockOf(device, last);
  }

  /** Takes over all certificates of devices; `now` in milliseconds since the epoch. */
  change(holders: ReadonlyMap<string, readonly KeptCertificate[]>, now: number): void {
    for (const [device, kept] of holders) this.#take(device, kept, now);
  }

  /** Takes these for all that there are. */
  replace(kept: readonly KeptCertificate[], now: number): void {
    this.#unused.clear();
    this.#clones.clear();
    this.change(
      Map.groupBy(kept, ({ device }) => device),
      now,
    );
  }

  #take(device: string, kept: readonly KeptCertificate[], now: number): void {
    const unused = kept.filter(({ state, ends }) => state === "issued" && ends >= now);
    if (unused.length > 0) this.#unused.set(device, unused.map(idOf));
    else this.#unused.delete(device);
    const replaced = kept.filter(({ state, ends }) => state === "replaced" && ends >= now);
    this.#locks.outdate(device, replaced, now);
    const clones = replaced.flatMap(({ serial, ends, clone }) => (clone ? [{ ...clone, serial, ends }] : []));
    const [latest] = clones.sort((one, other) => other.time - one.time);
    if (latest) this.#clones.set(device, latest);
    else this.#clones.delete(device);
  }
}

function idOf({ serial, issuer }: CertificateId): CertificateId {
  return { serial, issuer };
}
