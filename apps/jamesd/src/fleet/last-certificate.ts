import type { Device } from "./device.ts";
import type { Presence } from "./presence.ts";

/** The certificate that a device came with last; what is null is not known. Times in milliseconds since the epoch. */
export interface LastCertificate {
  /** Not known of one that the device did not come to this process with. */
  readonly certStarts: number | null;
  readonly certEnds: number | null;
  /** Who issued it, in words. */
  readonly certIssuer: string | null;
  /** As of `CertificateId`. */
  readonly certSerial: string | null;
}

/** That which a device came to this process with, or, of what is not known of it, what was written down before. */
export function lastCertificate(
  { id, record }: Pick<Device, "id" | "record">,
  presence: Pick<Presence, "certificate">,
): LastCertificate {
  const seen = presence.certificate(id);
  return {
    certStarts: seen?.certStarts ?? null,
    certEnds: seen?.certEnds ?? record?.certEnds ?? null,
    certIssuer: seen?.certIssuer ?? record?.certIssuer ?? null,
    certSerial: seen?.certSerial ?? record?.certSerial ?? null,
  };
}
