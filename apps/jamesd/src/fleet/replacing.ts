import type { CertificateId } from "@jamesd/pki/certificate-id";
import type { CertificateStore } from "../repository/certificate-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Turns } from "../running/turns.ts";
import type { Certificates } from "./certificates.ts";
import type { Follower } from "./follower.ts";

/** So often it is written down that a device's old certificate is used: whoever has its key may try without end. */
const CLONE_AGAIN_MS = 3_600_000;

/** What replaces certificates works on. */
export interface ReplacingParts {
  readonly store: Pick<CertificateStore, "use" | "noteClone">;
  readonly follower: Pick<Follower, "follow">;
  readonly certificates: Certificates;
  /** Of all who write what is known of a device, by its id. */
  readonly writes: Turns;
}

/** Certificates of devices take the place of those before: what is written counts before anything is answered. */
export class Replacing {
  readonly #parts: ReplacingParts;

  constructor(parts: ReplacingParts) {
    this.#parts = parts;
  }

  /** True when a device checks in with a certificate for the first time. */
  isFirstUse(device: string, certificate: CertificateId): boolean {
    return this.#parts.certificates.isUnused(device, certificate);
  }

  /** A device checks in with a certificate for the first time: those before count no more. */
  async use(certificate: CertificateId, origin: Origin): Promise<void> {
    const { store, follower, writes } = this.#parts;
    const { author: device } = origin;
    await writes.take(device, () => store.use(device, certificate, origin));
    await follower.follow();
  }

  /** Somebody came with a certificate of a device that counts no more: two machines have the key. */
  async noteClone(certificate: CertificateId, origin: Origin): Promise<void> {
    const { store, follower, certificates, writes } = this.#parts;
    const { author: device, time } = origin;
    await writes.take(device, async () => {
      const known = certificates.cloneOf(device, time);
      if (known && time - known.time < CLONE_AGAIN_MS) return;
      await store.noteClone(device, certificate, origin);
      await follower.follow();
    });
  }
}
