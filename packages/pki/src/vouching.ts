import type { X509Certificate } from "node:crypto";

/** Whose certificates are let in. */
export interface Authorities {
  /** Whose certificates are of devices, whatever they say. */
  readonly devices: readonly X509Certificate[];
  /** Whose certificates say by name what they are. */
  readonly others: readonly X509Certificate[];
}

/** More are not between a certificate and its root. */
const MOST_BETWEEN = 8;

/**
 * True when a certificate may say by its name that it is more than a device's: we have verified, by the signatures,
 * that one of the other authorities vouches for it, and that none for devices does. Names decide nothing here: two
 * authorities may have one name, and each can give its own certificates any name there is.
 * @param between the certificates that its holder showed besides it, read when they are needed
 */
export function mayNameRole(
  certificate: X509Certificate,
  { devices, others }: Authorities,
  between: () => readonly X509Certificate[],
): boolean {
  if (isIssuedByAny(certificate, devices)) return false;
  if (isIssuedByAny(certificate, others)) return true;
  const chain = [...above(certificate, between().slice(0, MOST_BETWEEN))];
  return chain.some((one) => isIssuedByAny(one, others)) && !chain.some((one) => isIssuedByAny(one, devices));
}

/** True when it says so and its issuer's key has signed it. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** All that have a part in vouching for a certificate, whichever way one goes: each once, from the nearest on. */
function above(
  certificate: X509Certificate,
  others: readonly X509Certificate[],
): ReadonlySet<X509Certificate> {
  const found = new Set<X509Certificate>();
  const reached = [certificate];
  for (const one of reached)
    for (const issuer of others)
      if (!found.has(issuer) && isIssuedBy(one, issuer)) {
        found.add(issuer);
        reached.push(issuer);
      }
  return found;
}

function isIssuedByAny(certificate: X509Certificate, issuers: readonly X509Certificate[]): boolean {
  return issuers.some((issuer) => isIssuedBy(certificate, issuer));
}
