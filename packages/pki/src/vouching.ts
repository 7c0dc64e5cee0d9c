import type { X509Certificate } from "node:crypto";

/** Whose certificates are let in. */
export interface Authorities {
  /** Whose certificates are of devices, whatever they say. */
  readonly devices: readonly X509Certificate[];
  /** Whose certificates say by name what they are. */
  readonly others: readonly X509Certificate[];
}

/**
 * True when a certificate may say by its name that it is more than a device's: one of the other authorities has signed
 * it, as we have verified, and none for devices. Names decide nothing here: two authorities may have one name, and each
 * can give its own certificates any name there is. An authority below a root has to be among the others itself: what a
 * client shows of the way to the root cannot be seen (Node 24 does not tell), and it could lead by one for devices.
 */
export function mayNameRole(certificate: X509Certificate, { devices, others }: Authorities): boolean {
  return !isIssuedByAny(certificate, devices) && isIssuedByAny(certificate, others);
}

/** True when it says so and its issuer's key has signed it. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** True when the key of one of them has signed it. */
export function isIssuedByAny(certificate: X509Certificate, issuers: readonly X509Certificate[]): boolean {
  return issuers.some((issuer) => isIssuedBy(certificate, issuer));
}
